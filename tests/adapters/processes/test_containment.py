"""Whatever a program does, nothing of it outlives its end or the end of its host; and nobody else is touched."""

import os
import shlex
import signal
import subprocess  # noqa: TID251  hosts that are killed, and bystanders
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import anyio
import pytest

from gastown.adapters.processes import child
from gastown.adapters.processes.census import HAS_PROC, environment, pids, runs, see, start_time
from gastown.adapters.processes.cgroup import own_folder, town_cgroup
from gastown.adapters.processes.child import Known
from gastown.adapters.processes.containment import MEANS, choose, tried
from gastown.adapters.processes.ending import send
from gastown.adapters.processes.family import Mark, marked
from gastown.adapters.processes.freezing import freeze, thaw
from gastown.adapters.processes.marks import Marks
from gastown.adapters.processes.own_children import started
from gastown.adapters.processes.program import Containment, Exit, Launch, run
from gastown.adapters.processes.sweep import sweep_town
from gastown.errors import RefusedError

LaunchOf = Callable[..., Launch]
Eventually = Callable[[Callable[[], object]], Awaitable[None]]

pytestmark = pytest.mark.skipif(not HAS_PROC, reason="only Linux can hold everything")

HOSTILE = Path(__file__).parent / "hostile.py"
LITTLE_HOST = Path(__file__).parent / "little_host.py"
KINDS = ("daemon", "group", "hop", "deep", "frozen")
ALIVE = 24
"""At least so many processes do all kinds come to: 20 of them are one's."""
LIMIT = 10.0
"""Seconds until all are gone: what is promised."""
ORDINARY = ("setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups")


def hostile(copies, *kinds: str, python: str = sys.executable) -> str:
    words = (python, str(HOSTILE), str(copies.make("sleep")), str(copies.make("sh")), *kinds)
    return shlex.join(words)


@pytest.fixture
def canary(copies, town_mark: Mark) -> Iterator[Known]:
    """Another town's process that looks like ours: same program, same words, same names of its marks."""
    other = f"{town_mark[1]}-of-another"
    marks = {"GT_TOWN_MARK": other, "GT_MARK": f"{other}/1"}
    place = Path(tempfile.mkdtemp(prefix="canary")) / "sleep"
    place.write_bytes(copies.make("sleep").read_bytes())
    place.chmod(0o755)
    words = ["[kworker/0:0]", "600"]
    process = started(lambda: subprocess.Popen(words, executable=place, env=marks, start_new_session=True))
    yield Known(process.pid, start_time(process.pid))
    process.kill()
    process.wait()
    place.unlink()
    place.parent.rmdir()


@pytest.mark.parametrize("ends_itself", [False, True], ids=["stopped", "ended by itself"])
async def test_nothing_hostile_is_left_after_the_end(
    containment: Containment, launch: LaunchOf, copies, canary: Known, eventually: Eventually, ends_itself: bool
) -> None:
    full = containment.means.name != "marks"
    kinds, alive = (KINDS, ALIVE) if full else (("group",), 1)
    program = containment.start(launch(f"{hostile(copies, *kinds)}{'' if ends_itself else '; sleep 600'}"))
    await eventually(lambda: len(copies.running()) >= alive)

    begin = time.monotonic()
    if ends_itself:
        await program.exited()
    end = await program.end(patience=0.5)

    assert copies.running() == []
    assert time.monotonic() - begin < LIMIT
    assert end == (Exit(0, None) if ends_itself else Exit(None, signal.SIGTERM))
    assert runs(canary.pid, canary.started)


async def test_a_whole_program_stands_still_and_goes_on(
    containment: Containment, launch: LaunchOf, copies, eventually: Eventually
) -> None:
    kinds = ("daemon", "group") if containment.means.name != "marks" else ("group",)
    program = containment.start(launch(f"{hostile(copies, *kinds)}; sleep 600"))
    try:
        await eventually(lambda: len(copies.running()) == len(kinds))

        assert await freeze(program.family()) == ()

        assert all(seen.stopped for seen in copies.running())
        assert await thaw(program.family()) == ()
        assert not any(seen.stopped for seen in copies.running())
    finally:
        await program.end(patience=0)


class Hosts:
    """Little hosts, each with a process above it, as a daemon is."""

    def __init__(self, folder: Path, town: Mark) -> None:
        self.folder = folder
        self._town = town[1]
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, means: str, command: str, *before: str, python: str = sys.executable) -> tuple[Known, Known]:
        """-> the daemon and the host. before: what the whole is started by."""
        host = (python, str(LITTLE_HOST), means, self._town, str(self.folder / "output"), command)
        daemon = ("/bin/sh", "-c", 'echo $$ > "$0/daemon"; "$@" & echo $! > "$0/host"; wait', str(self.folder), *host)
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path), "HOME": str(self.folder)}
        with (self.folder / "log").open("wb") as log:
            how = {"env": environment, "cwd": "/", "stderr": log, "start_new_session": True}
            self._started.append(started(lambda: subprocess.Popen([*before, *daemon], **how)))
        while not all((self.folder / name).exists() and self._pid(name) for name in ("daemon", "host")):
            assert self._started[-1].poll() is None, (self.folder / "log").read_text()
        known = [Known(self._pid(name), start_time(self._pid(name))) for name in ("daemon", "host")]
        return known[0], known[1]

    def log(self) -> str:
        return (self.folder / "log").read_text()

    def _pid(self, name: str) -> int:
        return int((self.folder / name).read_text().strip() or 0)

    def end(self) -> None:
        for process in self._started:
            process.kill()
            process.wait()


@pytest.fixture
def hosts(town_mark: Mark) -> Iterator[Hosts]:
    """In a folder that any user may use, unlike pytest's."""
    with tempfile.TemporaryDirectory(prefix="hosts") as folder:
        Path(folder).chmod(0o777)
        made = Hosts(Path(folder), town_mark)
        yield made
        made.end()


@pytest.fixture
def open_copies(copies, hosts: Hosts):
    return type(copies)(hosts.folder / "copies")


def _can(means: str, *before: str) -> str:
    """A python for this user, who has these means. Skips where there is none."""
    if means not in MEANS:
        pytest.skip(f"no {means} on this system")
    code = (
        "import sys, anyio; from gastown.adapters.processes.containment import *\n"
        "async def main(): (await tried(MEANS[sys.argv[1]], ('GT_TOWN_MARK', 'trial'))).close()\n"
        "anyio.run(main)"
    )
    said = ""
    for python in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):  # ours may lie in a private home
        command = [*before, "/bin/sh", "-c", 'exec "$@"', "sh", python, "-c", code, means]
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
        how = {"env": environment, "cwd": "/", "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
        tried = started(lambda command=command, how=how: subprocess.Popen(command, **how))
        _, errors = tried.communicate(timeout=60)
        if tried.returncode == 0:
            return python
        said += errors.strip().rpartition("\n")[2] + "; "
    pytest.skip(f"no {means} for this user: {said}")


@pytest.mark.parametrize("user", ["as we are", "ordinary"])
@pytest.mark.parametrize("means", MEANS)
async def test_nothing_hostile_outlives_a_host_killed_together_with_its_daemon(
    means: str, user: str, hosts: Hosts, open_copies, canary: Known, eventually: Eventually
) -> None:
    before = ORDINARY if user == "ordinary" else ()
    if before and os.geteuid() != 0:
        pytest.skip("we are an ordinary user")
    python = _can(means, *before)
    command = f"{hostile(open_copies, *KINDS, python=python)}; sleep 600"
    daemon, host = hosts.start(means, command, *before, python=python)
    await eventually(lambda: len(open_copies.running()) >= ALIVE or hosts.log())

    begin = time.monotonic()
    child.send(host, signal.SIGKILL)
    child.send(daemon, signal.SIGKILL)

    with anyio.fail_after(LIMIT):
        await eventually(lambda: not open_copies.running())
    assert time.monotonic() - begin < LIMIT
    assert hosts.log() == ""
    assert runs(canary.pid, canary.started)


@pytest.fixture
def delegated() -> Iterator[Path]:
    """A cgroup of the ordinary user's, as systemd gives one to a unit with `Delegate=yes`."""
    try:
        folder = own_folder() / f"test-{os.getpid()}"
        folder.mkdir()
        for place in (
            folder,
            *(folder / name for name in ("cgroup.procs", "cgroup.threads", "cgroup.subtree_control")),
        ):
            os.chown(place, 12345, 12345)
    except OSError as error:
        pytest.skip(f"no cgroup to give away: {error}")
    yield folder
    (folder / "cgroup.kill").write_text("1")
    while "populated 1" in (folder / "cgroup.events").read_text():
        pass
    for left in sorted(folder.glob("**/"), reverse=True):
        left.rmdir()


async def test_an_ordinary_user_has_cgroups_where_one_was_delegated(
    delegated: Path, hosts: Hosts, open_copies, canary: Known, eventually: Eventually
) -> None:
    before = ("sh", "-c", 'echo 0 > "$0/cgroup.procs"; exec "$@"', str(delegated), *ORDINARY)
    python = _can("cgroup", *before)
    command = f"{hostile(open_copies, *KINDS, python=python)}; sleep 600"
    _, host = hosts.start("cgroup", command, *before, python=python)
    await eventually(lambda: len(open_copies.running()) >= ALIVE or hosts.log())

    child.send(host, signal.SIGKILL)

    with anyio.fail_after(LIMIT):
        await eventually(lambda: not open_copies.running())
    assert hosts.log() == ""
    assert runs(canary.pid, canary.started)


async def test_the_next_host_finds_what_the_keeper_of_a_cgroup_did_not_end(
    hosts: Hosts, open_copies, canary: Known, town_mark: Mark, eventually: Eventually
) -> None:
    _can("cgroup")
    daemon, host = hosts.start("cgroup", f"{hostile(open_copies, *KINDS)}; sleep 600")
    await eventually(lambda: len(open_copies.running()) >= ALIVE or hosts.log())
    (keeper,) = [seen.pid for seen in map(see, pids()) if seen and _keeps(seen.pid, town_mark)]

    for one in (Known(keeper, start_time(keeper)), host, daemon):
        child.send(one, signal.SIGKILL)
    await eventually(lambda: not runs(host.pid, host.started))
    assert len(open_copies.running()) >= ALIVE

    with anyio.fail_after(LIMIT):
        await sweep_town(town_mark)

    assert open_copies.running() == []
    assert runs(canary.pid, canary.started)
    (await tried(MEANS["cgroup"], town_mark)).close()  # clears away the empty folders
    assert _folders(town_cgroup(town_mark)) == []


def _keeps(pid: int, town: Mark) -> bool:
    return environment(pid) == f"\0{town[0]}={town[1]}\0".encode() and b"cgroup.kill" in _command(pid)


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _folders(name: str) -> list[Path]:
    """Of this name, and all below them, the outer before the inner."""
    return sorted(below for folder in Path("/sys/fs/cgroup").rglob(f"{name}*") for below in folder.glob("**/"))


VIEW = """
import os
lines = open("/proc/self/status").read().splitlines()
print(sorted(line for line in lines if line.split(":")[0] in ("Uid", "Gid", "Umask", "SigBlk")))
print(os.getsid(0) == os.getpgrp() == os.getpid(), os.getcwd())
print(sorted(pair for pair in os.environ.items() if pair[0] not in ("PWD", "OLDPWD", "_", "GT_MARK")))
print(sorted(os.listdir("/proc/self/fd"))[:-1], os.readlink("/proc/self/fd/0"), os.readlink("/proc/self/fd/1"))
print(os.path.exists(f"/proc/{os.getpid()}/stat"), os.readlink("/proc/self") == str(os.getpid()))
"""


async def test_a_program_sees_what_it_would_see_without_containment(
    containment: Containment, launch: LaunchOf, tmp_path: Path
) -> None:
    (tmp_path / "view.py").write_text(VIEW)
    seen: list[str] = []
    for one in (Marks(), containment):
        given = launch("exec python3 view.py", stdin=tmp_path / "view.py", COLOUR="green")
        assert (await run(one, given, seconds=30)).exit == Exit(0, None)
        seen.append(given.output.read_text())
        given.output.unlink()

    assert seen[0] == seen[1]


async def test_ordinary_exits_and_signals_are_told_as_they_are(containment: Containment, launch: LaunchOf) -> None:
    for command, wanted in (
        ("exit 0", Exit(0, None)),
        ("exit 137", Exit(137, None)),
        ("exit 255", Exit(255, None)),
        ("kill -KILL $$", Exit(None, signal.SIGKILL)),
        ("kill -SEGV $$", Exit(None, signal.SIGSEGV)),
        ("sh -c 'kill -TERM $$'; exit $?", Exit(143, None)),
    ):
        assert (await run(containment, launch(command), seconds=30)).exit == wanted


async def test_one_that_is_stopped_and_continued_from_within_ends_as_it_ends(
    containment: Containment, launch: LaunchOf
) -> None:
    given = launch("(sleep 0.2; kill -CONT $$) & kill -STOP $$; exit 4")

    assert (await run(containment, given, seconds=30)).exit == Exit(4, None)


async def test_a_killed_guard_takes_everything_along(
    launch: LaunchOf, copies, town_mark: Mark, eventually: Eventually
) -> None:
    for name in ("namespace", "subreaper"):
        try:
            containment = await tried(MEANS[name], town_mark)
        except OSError:
            continue
        program = containment.start(launch(f"{copies.make('sleep')} 600 & {copies.make('sleep')} 600"))
        await eventually(lambda: len(copies.running()) == 2)
        first = see(program.pid)
        assert first
        os.kill(first.parent, signal.SIGKILL)

        await program.exited()

        assert await program.end(patience=0) == Exit(None, signal.SIGKILL)
        assert copies.running() == []
        containment.close()


async def test_the_place_where_guards_come_from_may_be_killed(launch: LaunchOf, town_mark: Mark) -> None:
    containment = await tried(MEANS["subreaper"], town_mark)
    running = containment.start(launch("read line; exit 3", stdin=Path("/dev/null")))
    (source,) = [pid for pid in pids() if _is_source(pid, town_mark)]
    os.kill(source, signal.SIGKILL)

    assert (await run(containment, launch("exit 5"), seconds=30)).exit == Exit(5, None)
    await running.exited()
    assert (await running.end()) == Exit(3, None)
    containment.close()


def _is_source(pid: int, town: Mark) -> bool:
    """Guards have its command, too, and each has a child."""
    mine = environment(pid).startswith(f"\0{town[0]}={town[1]}\0".encode()) and b"guard.py" in _command(pid)
    return mine and not _children(pid)


def _children(pid: int) -> str:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text()


async def test_a_town_whose_empty_cgroup_was_cleared_away_gets_another(launch: LaunchOf, town_mark: Mark) -> None:
    _can("cgroup")
    containment = await tried(MEANS["cgroup"], town_mark)
    for folder in reversed(_folders(town_cgroup(town_mark))):
        folder.rmdir()
    assert (await run(containment, launch("exit 3"), seconds=10)).exit.code == 3
    containment.close()


async def test_many_at_once_are_held_apart(containment: Containment, launch: LaunchOf) -> None:
    programs = [containment.start(launch(f"exit {number}")) for number in range(12)]
    for number, program in enumerate(programs):
        await program.exited()
        assert await program.end() == Exit(number, None)


async def test_a_process_that_has_anothers_pid_is_never_signalled(canary: Known) -> None:
    seen = see(canary.pid)
    assert seen
    an_earlier_one = type(seen)(**{**{name: getattr(seen, name) for name in seen.__struct_fields__}, "started": 1})

    send(an_earlier_one, signal.SIGKILL)
    child.send(Known(canary.pid, canary.started - 1), signal.SIGKILL)
    child.end(Known(canary.pid, canary.started + 1), 0.0)

    assert runs(canary.pid, canary.started)


async def test_a_sweep_spares_another_town_that_looks_the_same(canary: Known, town_mark: Mark) -> None:
    assert await sweep_town(town_mark) == ()
    assert runs(canary.pid, canary.started)
    assert marked(town_mark).alive() == []


async def test_the_best_means_is_taken_and_another_on_demand(town_mark: Mark) -> None:
    best = (await choose(town_mark)).containment
    best.close()
    plain = (await choose(town_mark, "subreaper")).containment
    plain.close()

    assert best.means.name in MEANS
    assert plain.means.name == "subreaper"


async def test_what_is_not_to_be_had_is_refused(town_mark: Mark) -> None:
    with pytest.raises(RefusedError, match="there are: cgroup, namespace, subreaper"):
        await choose(town_mark, "prayer")
