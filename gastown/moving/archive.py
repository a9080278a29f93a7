"""The one file of a backup: a tar archive of the parts, with a manifest first and the digest of everything last.

`tar xf FILE && sha256sum -c SHA256SUMS` checks it without this program.
"""

import hashlib
import os
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from gastown import durable
from gastown.errors import RefusedError, UnknownThingError
from gastown.moving.parts import FORMAT, Manifest
from gastown.not_json import NOT_JSON

MANIFEST, SUMS, DRAFT = "manifest.json", "SHA256SUMS", ".draft"
_CHUNK = 1 << 20


def write(manifest: Manifest, folder: Path, file: Path) -> int:
    """Pack the parts in `folder`, which is on the same disk, into `file`, readable by this user alone. It is there
    whole and flushed when this returns, or not at all. Returns its bytes. Raises RefusedError, OSError."""
    (folder / MANIFEST).write_bytes(msgspec.json.encode(manifest))
    names = [MANIFEST, *sorted(path.name for path in folder.iterdir() if path.name != MANIFEST)]
    sums = "".join(f"{_digest_of(folder / name)}  {name}\n" for name in names)
    (folder / SUMS).write_text(sums)
    draft = folder / DRAFT  # on the same disk, and gone with it should we be killed
    try:
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
                for name in (*names, SUMS):
                    archive.add(folder / name, name, filter=_anonymous)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
        durable.flush_names(file.parent)
    finally:
        draft.unlink(missing_ok=True)
    return file.stat().st_size


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    info.mode = 0o600
    return info


def _digest_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read(file: Path) -> Manifest:
    """Check every byte of it, make nothing. Raises UnknownThingError, RefusedError: no backup, cut off, or changed."""
    if not file.is_file():
        raise UnknownThingError(f"there is no file {file}", "gt backup FILE makes one")
    found: dict[str, str] = {}
    content: dict[str, bytes] = {}
    try:
        for name, stream in _members(file):
            digest = hashlib.sha256()
            kept = bytearray()
            while chunk := stream.read(_CHUNK):
                digest.update(chunk)
                if name in (MANIFEST, SUMS):
                    kept += chunk
            found[name], content[name] = digest.hexdigest(), bytes(kept)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise _unfit(file, f"it cannot be read to its end ({error})") from error
    return _checked(file, found, content)


def _checked(file: Path, found: dict[str, str], content: dict[str, bytes]) -> Manifest:
    first = next(iter(found), "")
    if first != MANIFEST:
        raise _unfit(file, "it does not begin as one")
    with suppress(*NOT_JSON):
        if msgspec.json.decode(content[MANIFEST], type=_Version).format > FORMAT:
            raise RefusedError(f"{file} was made by a newer version of this program", "restore it with that one")
    if SUMS not in found:
        raise _unfit(file, "its end is missing")
    sums = "".join(f"{digest}  {name}\n" for name, digest in found.items() if name != SUMS)
    if content[SUMS] != sums.encode():
        raise _unfit(file, "its content is not what was written")
    try:
        return msgspec.json.decode(content[MANIFEST], type=Manifest)
    except NOT_JSON as error:
        raise _unfit(file, f"its manifest makes no sense ({error})") from error


class _Version(msgspec.Struct):
    format: int


def _unfit(file: Path, why: str) -> RefusedError:
    return RefusedError(f"{file} is no whole backup: {why}", "nothing was made; use another copy")


def extract(file: Path, folder: Path) -> None:
    """The parts, into `folder`. Only what `read` has checked. Raises OSError."""
    for name, stream in _members(file):
        with (folder / name).open("wb") as out:
            shutil.copyfileobj(stream, out, _CHUNK)


def _members(file: Path) -> Iterator[tuple[str, IO[bytes]]]:
    """Plain files with plain names, in their order. Raises tarfile.TarError for anything else."""
    with tarfile.open(file, "r:") as archive:
        for info in archive:
            stream = archive.extractfile(info) if info.isreg() else None
            if stream is None or "/" in info.name or info.name in ("", ".", ".."):
                raise tarfile.ReadError(f"{info.name!r} does not belong in a backup")
            yield info.name, stream
