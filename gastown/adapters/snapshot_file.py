"""A snapshot in a file of the town's folder. A cache: delete it at will."""

import hashlib
import hmac
import os
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import anyio.to_thread

import gastown

_DIGEST = 64  # bytes
_ROOMS = ("events", "actors")
"""What makes states of events. Any change there makes a snapshot worthless: it is not migrated, it is made anew."""


class SnapshotFile:
    """A SnapshotStore. key: the town's secret, so that no other town's file and no hand-made one is taken for ours."""

    def __init__(self, path: Path, *, incarnation: str, key: bytes) -> None:
        self._path = path
        self._incarnation = incarnation
        self._key = key

    async def load(self) -> bytes | None:
        return await anyio.to_thread.run_sync(self._load)

    async def save(self, pieces: list[bytes]) -> None:
        await anyio.to_thread.run_sync(self._save, pieces)

    def _load(self) -> bytes | None:
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        title = self._title()
        begin = len(title) + _DIGEST
        digest, payload = content[len(title) : begin], content[begin:]
        is_ours = content.startswith(title) and hmac.compare_digest(digest, self._digest([payload]))
        return payload if is_ours else None

    def _save(self, pieces: list[bytes]) -> None:
        draft = self._path.with_name(f"{self._path.name}.new")
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with open(descriptor, "wb") as file:
            file.write(self._title() + self._digest(pieces))
            file.writelines(pieces)
            file.flush()
            os.fsync(descriptor)
        draft.replace(self._path)

    def _title(self) -> bytes:
        return f"gastown snapshot {self._incarnation} {code_fingerprint()}\n".encode()

    def _digest(self, pieces: Iterable[bytes]) -> bytes:
        digest = hashlib.blake2b(self._title(), key=self._key, digest_size=_DIGEST)
        for piece in pieces:
            digest.update(piece)
        return digest.digest()


@cache
def code_fingerprint() -> str:
    """Differs when any line of the roles, the kernel or the events does."""
    room = Path(gastown.__file__).parent
    digest = hashlib.sha256()
    for file in sorted(file for name in _ROOMS for file in (room / name).rglob("*.py")):
        digest.update(f"{file.relative_to(room)}\n".encode() + file.read_bytes())
    return digest.hexdigest()
