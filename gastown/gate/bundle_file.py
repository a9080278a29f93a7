"""A bundle on its way lies in a file: written and read in pieces, known by its digest."""

import hashlib
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path

import anyio

from gastown.bus.luggage_protocol import PIECE


async def write(place: Path, bundle: AsyncGenerator[bytes]) -> tuple[str, int]:
    """-> the digest (SHA-256, in hexadecimal digits) of all that came, and its size in bytes."""
    found, size = hashlib.sha256(), 0
    place.parent.mkdir(parents=True, exist_ok=True)
    async with aclosing(bundle), await anyio.open_file(place, "wb") as out:
        async for chunk in bundle:
            found.update(chunk)
            size += len(chunk)
            await out.write(chunk)
    return found.hexdigest(), size


async def chunks(file: Path) -> AsyncGenerator[bytes]:
    async with await anyio.open_file(file, "rb") as opened:
        while chunk := await opened.read(PIECE):
            yield chunk


def read(file: Path, offset: int) -> bytes:
    """The piece that begins there. Blocks."""
    with file.open("rb") as opened:
        opened.seek(offset)
        return opened.read(PIECE)


def append(file: Path, data: bytes) -> None:
    """Blocks."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("ab") as opened:
        opened.write(data)


def digest(file: Path) -> str:
    """Blocks."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
