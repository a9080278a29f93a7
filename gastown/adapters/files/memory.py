"""`Files` in memory, for a host without a disk."""

from pathlib import Path


class MemoryFiles:
    """content: every file; hand the same dictionary to the next host, and it finds them."""

    def __init__(self, content: dict[Path, bytes] | None = None) -> None:
        self.content = {} if content is None else content

    def read(self, file: Path) -> bytes:
        try:
            return self.content[file]
        except KeyError as error:
            raise FileNotFoundError(file) from error

    def tail(self, file: Path, size: int) -> str:
        content = self.content.get(file, b"")
        end = content[-size:]
        if len(content) > size and b"\n" in end[:-1]:
            end = end[end.index(b"\n") + 1 :]
        return end.decode(errors="replace")

    def names(self, folder: Path) -> list[str]:
        inside = (file.relative_to(folder).parts[0] for file in self.content if folder in file.parents)
        return sorted(set(inside))

    def write(self, file: Path, content: bytes) -> None:
        self.content[file] = content

    async def write_durably(self, file: Path, content: bytes) -> None:
        self.write(file, content)

    def rename(self, file: Path, name: str) -> None:
        self.content[file.with_name(name)] = self.read(file)
        del self.content[file]

    def remove(self, file: Path) -> None:
        self.content.pop(file, None)

    def remove_folder(self, folder: Path) -> None:
        for file in [file for file in self.content if folder in file.parents]:
            del self.content[file]
