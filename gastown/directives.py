"""Directives: what a town's owner has all workers of a role do, as Markdown in the town's folder.

`directives/ROLE.md` holds for the whole town, `directives/RIG/ROLE.md` for one rig besides. A file that cannot be read
is told as such, never passed over.
"""

import codecs
import os
import stat
from pathlib import Path

import msgspec

from gastown.events.ids import RigName

ROLES = ("polecat",)
"""Those that agents have."""
MOST = 64 * 1024
"""Bytes that are read of one."""
_FOLDER = "directives"


class Directive(msgspec.Struct, frozen=True, kw_only=True):
    """rig: "" for the whole town's. path: below the town's folder. size: of the file, in bytes.

    text: how it begins, as far as it is read. trouble: why it could not be, "" where it was.
    """

    role: str
    rig: RigName
    path: str
    size: int = 0
    text: str = ""
    trouble: str = ""


def path_of(role: str, rig: RigName = "") -> Path:
    """Below the town's folder. rig "": of the whole town."""
    return Path(_FOLDER, rig, f"{role}.md")


def read(town: Path, role: str, rig: RigName) -> tuple[Directive, ...]:
    """What holds for this role in this rig: the town's first, then the rig's. Those that are not there are left out."""
    found = (_read(town, role, scope) for scope in dict.fromkeys(("", rig)))
    return tuple(one for one in found if one is not None)


def listing(town: Path) -> list[Directive]:
    """All there are, the town's own first."""
    scopes = ("", *sorted(path.name for path in (town / _FOLDER).glob("*/")))
    found = (_read(town, role, scope) for scope in scopes for role in ROLES)
    return [one for one in found if one is not None]


def _read(town: Path, role: str, rig: RigName) -> Directive | None:
    """None: there is no such file."""
    path = path_of(role, rig)
    try:
        content, size = _content(town / path)
        # what is cut off may be half a character
        text = codecs.getincrementaldecoder("utf-8")().decode(content, final=len(content) == size)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except (OSError, UnicodeDecodeError) as error:
        trouble = error.strerror or str(error) if isinstance(error, OSError) else "it is not UTF-8"
        return Directive(role=role, rig=rig, path=str(path), trouble=trouble)
    return Directive(role=role, rig=rig, path=str(path), size=size, text=text.strip())


def _content(path: Path) -> tuple[bytes, int]:
    """How it begins, and its size. Raises OSError, also for what is no file: a pipe would be waited for."""
    number = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    with open(number, "rb") as file:
        facts = os.fstat(number)
        if not stat.S_ISREG(facts.st_mode):
            raise OSError(0, "it is no file")
        return file.read(MOST), facts.st_size
