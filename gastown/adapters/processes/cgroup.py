"""Containment by a cgroup (version 2) for each program: nothing leaves it by itself, and the kernel kills all in it.

Below the host's own cgroup, where that may be written: for root, in a systemd unit with `Delegate=yes`, and in most
desktop sessions. The folder is called after the town, so that what an earlier host left is found wherever it is; below
it each host has one of its own, whose keeper ends nothing of another's.
"""

import itertools
import os
import re
import shutil
import subprocess  # noqa: TID251  this is a place that starts programs
import time
from contextlib import suppress
from pathlib import Path

import msgspec

from gastown.adapters.processes.census import runs, start_time
from gastown.adapters.processes.ending import end_all
from gastown.adapters.processes.family import Family, Mark, marked
from gastown.adapters.processes.marks import MarkedProgram
from gastown.adapters.processes.own_children import started
from gastown.adapters.processes.program import Launch, Means, StartFailedError
from gastown.adapters.processes.reaper import become_subreaper

_TRIES, _MOMENT = 20, 0.01  # seconds between two
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")
_ENTER = 'echo 0 > "$0" || exit 126; unset PWD OLDPWD; exec "$@"'
"""A process goes into a cgroup by itself, before it becomes the program."""
_KEEP = """
read -r _
echo 1 > "$0/cgroup.kill"
for try in 1 2 3 4 5 6 7 8 9 10; do
  rmdir "$0"/*/ "$0" && rmdir "${0%/*}" && break
  [ -d "$0" ] || break
  sleep 0.2
done 2> /dev/null
"""
"""Waits for the host's death, which closes its end of a pipe; then kills all in the cgroup, and clears it away."""


class Cgroups:
    """mark: the town's; it names the folder. Raises OSError where there is no cgroup to be had."""

    means = Means(
        "cgroup",
        "every process, whatever it does",
        "what it has another program start that is not its child: cron, systemd, a container engine; and one that "
        "writes itself into another cgroup",
    )

    def __init__(self, mark: Mark) -> None:
        become_subreaper()
        of_town = own_folder() / town_cgroup(mark)
        of_town.mkdir(exist_ok=True)
        _clear(of_town)
        self._folder = of_town / f"{os.getpid()}-{start_time(os.getpid())}"
        self._folder.mkdir(exist_ok=True)
        self._numbers = itertools.count(1)
        keeper_end, self._pipe = os.pipe()
        try:
            self._keeper = started(
                lambda: subprocess.Popen(
                    ["/bin/sh", "-c", _KEEP, str(self._folder)],
                    stdin=keeper_end,
                    stdout=subprocess.DEVNULL,
                    env={mark[0]: mark[1]},
                    cwd="/",
                    start_new_session=True,
                )
            )
        finally:
            os.close(keeper_end)

    def start(self, launch: Launch) -> "CgroupProgram":
        """Raises StartFailedError."""
        if not shutil.which(launch.argv[0], path=launch.environment.get("PATH")):
            msg = f"{launch.argv[0]} cannot be started in {launch.folder}: there is no such program"
            raise StartFailedError(msg)
        folder = self._folder / f"{folder_of(launch.mark[1])}-{next(self._numbers)}"
        try:
            folder.mkdir(parents=True)  # whoever clears away empty cgroups takes the town's between two programs
        except OSError as error:
            msg = f"{launch.argv[0]} cannot be started in {launch.folder}: {error}"
            raise StartFailedError(msg) from error
        try:
            return CgroupProgram(launch, folder)
        except StartFailedError:
            _remove(folder)
            raise

    def close(self) -> None:
        """No more programs."""
        self._keeper.kill()
        self._keeper.wait()
        os.close(self._pipe)
        _clear_away(self._folder)
        _remove(self._folder.parent)


class CgroupProgram(MarkedProgram):
    """A child of ours in a cgroup of its own."""

    def __init__(self, launch: Launch, folder: Path) -> None:
        """Raises StartFailedError."""
        enter = ("/bin/sh", "-c", _ENTER, str(folder / "cgroup.procs"), *launch.argv)
        super().__init__(msgspec.structs.replace(launch, argv=enter))
        self._folder = folder

    def family(self) -> Family:
        """Whatever is in the cgroup, and what carries the mark."""
        cgroup = f"/{self._folder.parent.name}/{self._folder.name}"
        return marked(self._mark, group=self.pid, since=self.started, cgroup=cgroup, folder=self._folder)

    async def _end(self, patience: float) -> None:
        await end_all(self.family(), patience=patience, first=self._kill)
        _remove(self._folder)

    def _kill(self) -> None:
        (self._folder / "cgroup.kill").write_text("1")


def town_cgroup(mark: Mark) -> str:
    """The name of the folder of all its cgroups."""
    return f"gastown-{mark[1]}"


def folder_of(mark: str) -> str:
    """What the folders of programs with this mark begin with; a hyphen follows."""
    return _UNSAFE.sub("_", mark)


def _clear(of_town: Path) -> None:
    """Of empty folders that hosts left which are dead."""
    for of_host in filter(Path.is_dir, list(of_town.iterdir())):
        pid, _, started = of_host.name.partition("-")
        if not runs(int(pid), int(started)):
            for folder in filter(Path.is_dir, list(of_host.iterdir())):
                _remove(folder)
            _remove(of_host)


def _clear_away(of_host: Path) -> None:
    """The folders of all its programs, and its own: the killed leave their cgroup a moment after they are gone."""
    for _ in range(_TRIES):
        for folder in filter(Path.is_dir, list(of_host.iterdir())):
            _remove(folder)
        _remove(of_host)
        if not of_host.is_dir():
            return
        time.sleep(_MOMENT)


def _remove(folder: Path) -> None:
    """A cgroup that still holds somebody stays."""
    with suppress(OSError):
        folder.rmdir()


def own_folder() -> Path:
    """Of the cgroup this process is in. Raises OSError."""
    lines = Path("/proc/self/cgroup").read_text().splitlines()
    own = next((line[3:] for line in lines if line.startswith("0::")), "")
    for line in Path("/proc/self/mountinfo").read_text().splitlines():
        fields, _, rest = line.partition(" - ")
        if own and rest.startswith("cgroup2 "):
            root, place = fields.split()[3:5]
            return Path(place) / os.path.relpath(own, root)
    msg = "there is no cgroup version 2 here"
    raise OSError(msg)
