"""Which town is meant, and where it answers. Imports nothing but os: every call of `gt` pays for it."""

import os

FILE = "town.toml"
"""A folder that holds it is a town."""
HUB_FILE = "hub.toml"
"""A town whose folder holds it is a member of a hub."""


class NoTownError(Exception):
    """Nothing there is a town."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def find_town(explicit: str, environment: "dict[str, str]", cwd: str) -> str:
    """`--town`, GT_TOWN, the working directory or a parent of it, `~/gt`: an absolute path. Raises NoTownError."""
    named = explicit or environment.get("GT_TOWN", "")
    if named:
        return _named(named, environment)
    folder = os.path.abspath(cwd)
    while True:
        if os.path.isfile(os.path.join(folder, FILE)):
            return folder
        above = os.path.dirname(folder)
        if above == folder:
            break
        folder = above
    home = os.path.join(environment.get("HOME", "/nonexistent"), "gt")
    if os.path.isfile(os.path.join(home, FILE)):
        return home
    raise NoTownError(
        f"no town at {cwd} or above it", "go into a town, name it (--town PATH or GT_TOWN), or make one: gt install"
    )


def _named(named: str, environment: "dict[str, str]") -> str:
    if "/" in named or os.path.isfile(os.path.join(named, FILE)):
        return os.path.abspath(named)
    try:
        with open(known_towns(environment, named), encoding="utf-8") as note:
            return note.read().strip()
    except OSError as error:
        raise NoTownError(f"no town called {named!r}", "name it by its path: --town PATH") from error


def known_towns(environment: "dict[str, str]", name: str) -> str:
    """The file that holds the path of the town called `name`."""
    return os.path.join(environment.get("HOME", "/nonexistent"), ".config", "gastown", "towns", name)


def socket_of(town: str) -> str:
    """Where the town answers, "" when it has not been started."""
    try:
        with open(os.path.join(town, "run", "socket"), encoding="utf-8") as note:
            return note.read().strip()
    except OSError:
        return ""
