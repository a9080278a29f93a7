"""Walls around a program, by bubblewrap: it sees the system's programs, what is named to it, and nothing else.

It is a means of starting: whatever contains programs contains these, whose processes are this machine's own and carry
the environment they are known by. Inside there is another PID namespace, /proc, /dev and /tmp of its own, no privilege,
and a network only where one is given. Each program's home is a folder of its session's, in the place of the real one.
"""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec

from gastown.adapters.processes.program import Containment, Launch, Means, Program, StartFailedError, Walls
from gastown.errors import RefusedError

PROGRAM = "bwrap"
MISSING = "bubblewrap is not installed (there is no bwrap on the PATH)"
INSTALL = "install it (Debian: apt install bubblewrap), or take --sandbox none"

_SYSTEM = ("/usr", "/opt", "/nix")
_LINKED = ("/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
"""Links into /usr, or folders of their own."""
_ETC = (
    *("passwd", "group", "hosts", "resolv.conf", "nsswitch.conf", "host.conf", "gai.conf", "services", "protocols"),
    *("ssl", "pki", "ca-certificates", "crypto-policies", "alternatives", "localtime", "timezone", "mime.types"),
    *("ld.so.cache", "ld.so.conf", "ld.so.conf.d"),
)
"""What programs look up. No password, and no key of the machine's, is among it."""


class Bubblewrap:
    """A containment whose programs may have walls."""

    def __init__(self, containment: Containment) -> None:
        self._containment = containment

    @property
    def means(self) -> Means:
        return self._containment.means

    def start(self, launch: Launch) -> Program:
        """Raises StartFailedError."""
        return self._containment.start(walled(launch) if launch.walls is not None else launch)

    def close(self) -> None:
        """See Containment."""
        self._containment.close()


def demand() -> None:
    """Raises RefusedError where there is no bubblewrap."""
    if shutil.which(PROGRAM) is None:
        raise RefusedError(MISSING, INSTALL)


def walled(launch: Launch) -> Launch:
    """The same program, within its walls. Raises StartFailedError."""
    walls, bwrap = launch.walls, shutil.which(PROGRAM)
    if walls is None or bwrap is None:
        raise StartFailedError(MISSING, INSTALL)
    for place in (*walls.reads, *walls.writes):
        if not place.exists():
            raise StartFailedError(f"{place}, which it is to see behind its walls, is not there", "make it, or drop it")
    program = _seen(launch, walls)
    walls.home.mkdir(parents=True, exist_ok=True)
    argv = (bwrap, *_arguments(launch, walls), "--", program, *launch.argv[1:])
    return msgspec.structs.replace(launch, argv=argv, walls=None)


def _seen(launch: Launch, walls: Walls) -> str:
    """Where its program is. Raises StartFailedError where that cannot be seen from within."""
    name = launch.argv[0]
    found = shutil.which(name, path=launch.environment.get("PATH"))
    if found is None:
        raise StartFailedError(f"{name} cannot be started in {launch.folder}: there is no such program")
    real = Path(os.path.realpath(found))
    places = (*map(Path, (*_SYSTEM, *_LINKED)), *walls.reads, *walls.writes, launch.folder)
    if not all(any(path.is_relative_to(place) for place in places) for path in (Path(found), real)):
        hint = f"show it: gt agent add NAME ... --read {real.parent}"
        raise StartFailedError(f"{found} is not to be seen behind the walls of its sandbox: {hint}", hint)
    return found


def _arguments(launch: Launch, walls: Walls) -> Iterator[str]:
    yield from ("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--cap-drop", "ALL")
    if not walls.network:
        yield "--unshare-net"
    for place in _SYSTEM:
        yield from ("--ro-bind-try", place, place)
    for place in _LINKED:
        if os.path.islink(place):
            yield from ("--symlink", os.readlink(place), place)
        else:
            yield from ("--ro-bind-try", place, place)
    for name in _ETC:
        yield from ("--ro-bind-try", f"/etc/{name}", f"/etc/{name}")
    yield from ("--proc", "/proc", "--dev", "/dev", "--tmpfs", "/tmp", "--tmpfs", "/run")
    yield from ("--bind", str(walls.home), launch.environment.get("HOME", "/root"))
    places = [("--ro-bind", place) for place in walls.reads] + [("--bind", place) for place in walls.writes]
    for how, place in sorted(places, key=lambda one: len(one[1].parts)):  # what lies within another is put on top of it
        yield from (how, str(place), str(place))
    for place in walls.covers:
        yield from ("--ro-bind", str(place), str(place))
    yield from ("--chdir", str(launch.folder))
