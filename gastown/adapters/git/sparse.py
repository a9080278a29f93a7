"""Which folders a sparse checkout holds, as git writes it down in its cone mode (gitformat: sparse-checkout)."""

from collections.abc import Iterable
from pathlib import PurePosixPath


def sparse_patterns(folders: Iterable[str]) -> str:
    """The files at the top, everything under each of `folders`, and the files of the folders that lead there."""
    wanted = {PurePosixPath(folder.strip("/")) for folder in folders} - {PurePosixPath()}
    whole = sorted(str(folder) for folder in wanted if not wanted & set(folder.parents))
    leading = sorted({str(parent) for folder in whole for parent in PurePosixPath(folder).parents} - {"."})
    lines = ["/*", "!/*/"]
    for parent in leading:
        lines += [f"/{_escaped(parent)}/", f"!/{_escaped(parent)}/*/"]
    lines += [f"/{_escaped(folder)}/" for folder in whole]
    return "".join(f"{line}\n" for line in lines)


def _escaped(folder: str) -> str:
    return "".join(f"\\{letter}" if letter in "*?[]\\" else letter for letter in folder)
