"""The port to the host's own small files. What is written stands whole or not at all, whoever is killed meanwhile."""

from pathlib import Path
from typing import Protocol


class Files(Protocol):
    """Folders come into being with the files in them. All raise OSError where the disk does not let them."""

    def read(self, file: Path) -> bytes:
        """Raises FileNotFoundError."""
        ...

    def tail(self, file: Path, size: int) -> str:
        """About the last `size` bytes as text, whole lines where it has any; "" when it is not there."""
        ...

    def names(self, folder: Path) -> list[str]:
        """The names in a folder, sorted; none when it is not there."""
        ...

    def write(self, file: Path, content: bytes) -> None:
        """Survives the death of this process, not a power cut."""
        ...

    async def write_durably(self, file: Path, content: bytes) -> None:
        """On disk when it returns, also after a power cut."""
        ...

    def rename(self, file: Path, name: str) -> None:
        """Within its folder. Raises FileNotFoundError."""
        ...

    def remove(self, file: Path) -> None:
        """Nothing happens when it is not there."""
        ...

    def remove_folder(self, folder: Path) -> None:
        """With all that is in it. Nothing happens when it is not there."""
        ...
