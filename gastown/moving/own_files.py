"""The files of a town's folder that its owner writes by hand, and that go along with its log: prices and directives.

They are taken as they are now, also where the log is taken as of an earlier moment: nothing says what they were.
"""

import re
from pathlib import Path

from gastown import durable
from gastown.errors import RefusedError

_PATTERNS = ("prices.toml", "directives/*.md", "directives/*/*.md")
_PATH = re.compile(r"prices\.toml|directives/([^/\0]+/)?[^/\0]+\.md")
_PART = "own-"
"""Below it lie the parts, by their place in the list."""


def gather(town: Path, folder: Path) -> tuple[str, ...]:
    """Copy them into the folder of parts. -> their paths, below the town's folder. Raises OSError.

    What is no plain file is nothing that anybody reads, and stays.
    """
    found = sorted(path for pattern in _PATTERNS for path in town.glob(pattern) if path.is_file())
    for number, path in enumerate(found):
        (folder / f"{_PART}{number}").write_bytes(path.read_bytes())
    return tuple(str(path.relative_to(town)) for path in found)


def put(town: Path, paths: tuple[str, ...], folder: Path) -> None:
    """Where they were, in a town that is being made. Raises RefusedError for any other place, OSError."""
    for number, path in enumerate(paths):
        if not _PATH.fullmatch(path) or ".." in Path(path).parts:
            raise RefusedError(f"{path!r} is none of the files that go along", "use another backup")
        durable.write(town / path, (folder / f"{_PART}{number}").read_bytes())
