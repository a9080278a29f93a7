"""`Files` on a real file system."""

import os
import shutil
from pathlib import Path

import anyio.to_thread

from gastown import durable
from gastown.adapters.processes import program


class DiskFiles:
    """Every write goes to a draft beside the file, which then takes its place."""

    def read(self, file: Path) -> bytes:
        return file.read_bytes()

    def tail(self, file: Path, size: int) -> str:
        return program.tail(file, size)

    def names(self, folder: Path) -> list[str]:
        try:
            return sorted(os.listdir(folder))
        except FileNotFoundError:
            return []

    def write(self, file: Path, content: bytes) -> None:
        file.parent.mkdir(parents=True, exist_ok=True)
        draft = file.with_name(f"{file.name}.new")
        draft.write_bytes(content)
        draft.replace(file)

    async def write_durably(self, file: Path, content: bytes) -> None:
        await anyio.to_thread.run_sync(durable.write, file, content)

    def rename(self, file: Path, name: str) -> None:
        file.replace(file.with_name(name))

    def remove(self, file: Path) -> None:
        file.unlink(missing_ok=True)

    def remove_folder(self, folder: Path) -> None:
        if folder.exists():
            shutil.rmtree(folder)
