"""Files that survive a power cut: on disk when the call returns, whole or not at all, and under their name."""

import os
from pathlib import Path


def write(file: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Put `content` in the place of `file`; makes its folder if need be. Raises OSError."""
    make_folder(file.parent)
    draft = file.with_name(f"{file.name}.{os.getpid()}.new")  # two processes may write it at the same time
    with open(draft, "wb", opener=lambda path, flags: os.open(path, flags, mode)) as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
    flush_names(file.parent)
    flush_names(file.parent.parent)  # whoever made the folder


def make_folder(folder: Path) -> None:
    """With those that lead there. Raises OSError."""
    if not folder.is_dir():
        make_folder(folder.parent)
        folder.mkdir(exist_ok=True)
        flush_names(folder.parent)


def flush_names(folder: Path) -> None:
    """What was made, renamed or removed in a folder. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
