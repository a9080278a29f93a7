"""A process's own files: what a killed one writes is not written."""

from errno import ENOSPC
from pathlib import Path
from typing import Protocol

from gastown.adapters.files.memory import MemoryFiles
from simulated.process import Process


class ProcessFiles:
    """A Files."""

    def __init__(self, process: Process, inner: MemoryFiles) -> None:
        self._process = process
        self._inner = inner

    def read(self, file: Path) -> bytes:
        return self._inner.read(file)

    def tail(self, file: Path, size: int) -> str:
        return self._inner.tail(file, size)

    def names(self, folder: Path) -> list[str]:
        return self._inner.names(folder)

    def write(self, file: Path, content: bytes) -> None:
        if self._process.touches(f"write {file.parent.name}:before"):
            self._inner.write(file, content)
        self._process.touches(f"write {file.parent.name}:after")

    async def write_durably(self, file: Path, content: bytes) -> None:
        await self._process.cross(f"write {file.name}:before")
        self._inner.write(file, content)
        await self._process.cross(f"write {file.name}:after")

    def rename(self, file: Path, name: str) -> None:
        if self._process.touches("rename"):
            self._inner.rename(file, name)

    def remove(self, file: Path) -> None:
        if self._process.touches(f"remove {file.parent.name}:before"):
            self._inner.remove(file)
        self._process.touches(f"remove {file.parent.name}:after")


class Disk(Protocol):
    snapshot: bytes | None
    full: bool


class ProcessSnapshot:
    """A SnapshotStore. There is one file, whoever writes it."""

    def __init__(self, process: Process, disk: Disk) -> None:
        self._process = process
        self._disk = disk

    async def load(self) -> bytes | None:
        await self._process.cross("load snapshot")
        return self._disk.snapshot

    async def save(self, pieces: list[bytes]) -> None:
        await self._process.cross("save snapshot:before")
        if self._disk.full:
            raise OSError(ENOSPC, "no space left")
        self._disk.snapshot = b"".join(pieces)
        await self._process.cross("save snapshot:after")
