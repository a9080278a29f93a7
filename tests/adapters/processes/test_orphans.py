import os
import signal
import subprocess  # noqa: TID251  processes that are nobody's
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from gastown.adapters.processes.at_work import Note, NotedContainment, note_trials, read_note
from gastown.adapters.processes.census import HAS_PROC, runs, start_time
from gastown.adapters.processes.cgroup import town_cgroup
from gastown.adapters.processes.child import Known, end
from gastown.adapters.processes.containment import MEANS, Choice, trial, tried
from gastown.adapters.processes.family import Mark
from gastown.adapters.processes.marks import Marks
from gastown.adapters.processes.orphans import Orphan, end_orphans, orphans
from gastown.adapters.processes.own_children import started
from gastown.adapters.processes.program import Containment, Launch, StartFailedError
from gastown.clock import now

LaunchOf = Callable[..., Launch]
Eventually = Callable[[Callable[[], object]], Awaitable[None]]

EXECS = 'exec sh -c "$0" "$0"'
"""Goes on by itself, each time as another program, with the pid and the marks it has."""

ME = Known(os.getpid(), start_time(os.getpid()))


class Strays:
    """Processes with the marks one wants, until the end of the test."""

    def __init__(self, town: Mark) -> None:
        self._town = town
        self._started: list[subprocess.Popen[bytes]] = []

    def start(self, session: str, *words: str) -> Known:
        marks = {self._town[0]: self._town[1], "GT_MARK": f"{self._town[1]}/{session}"}
        environment = {"PATH": os.environ["PATH"], **(marks if session else {})}
        command = words or ("sleep", "600")
        self._started.append(started(lambda: subprocess.Popen(command, env=environment, start_new_session=True)))
        return Known(self._started[-1].pid, start_time(self._started[-1].pid))

    def end(self) -> None:
        for process in self._started:
            os.killpg(process.pid, signal.SIGKILL)  # also what it left behind
            process.wait()


@pytest.fixture
def strays(town_mark: Mark) -> Iterator[Strays]:
    made = Strays(town_mark)
    yield made
    made.end()


def note(*marks: str, host: Known = ME) -> Callable[[], Note]:
    return lambda: Note(host, Marks.means, at_work=marks)


def no_host() -> None:
    """Reads no note."""


def pids(found: list[Orphan]) -> list[int]:
    return [one.pid for one in found]


async def test_what_carries_the_mark_of_a_town_without_a_host_is_an_orphan(strays: Strays, town_mark: Mark) -> None:
    stray = strays.start("ap-1-1")
    strays.start("", "sleep", "600")

    (found,) = orphans(town_mark, no_host)

    assert (found.pid, found.started, found.session) == (stray.pid, stray.started, "ap-1-1")
    assert found.command == "sleep 600"
    assert abs(found.since - now()) < 60
    assert orphans(("GT_TOWN_MARK", f"{town_mark[1]}-of-another"), no_host) == []


async def test_what_is_at_work_is_no_orphan_and_neither_is_what_it_started(
    strays: Strays, town_mark: Mark, tmp_path: Path, eventually: Eventually
) -> None:
    strays.start("ap-1-1", "sh", "-c", f"env -i sh -c 'echo > {tmp_path}/here; sleep 600' & wait")
    over = strays.start("ap-2-1")
    await eventually((tmp_path / "here").exists)
    at_work = note(f"{town_mark[1]}/ap-1-1")

    assert pids(orphans(town_mark, at_work)) == [over.pid]
    dead = note(f"{town_mark[1]}/ap-1-1", host=Known(ME.pid, ME.started + 1))
    assert len(orphans(town_mark, dead)) >= 3


async def test_a_child_that_hides_its_origin_is_an_orphan_with_its_parent(
    strays: Strays, town_mark: Mark, tmp_path: Path, eventually: Eventually
) -> None:
    strays.start("ap-1-1", "sh", "-c", f"env -i sh -c 'echo > {tmp_path}/here; sleep 600; true' & wait")
    await eventually((tmp_path / "here").exists)

    assert {"ap-1-1", ""} == {one.session for one in orphans(town_mark, note())}


async def test_who_execs_all_the_time_is_an_orphan_or_at_work_as_any_other(
    strays: Strays, town_mark: Mark, tmp_path: Path, eventually: Eventually
) -> None:
    """See test_family.py: of some looks, it cannot be told what they are."""
    script = f"echo $$ > {tmp_path}/$1.new && mv {tmp_path}/$1.new {tmp_path}/$1 && exec sh -c '{EXECS}' '{EXECS}'"
    for session in ("ap-1-1", "ap-2-1"):
        strays.start(session, "sh", "-c", f'sh -c "$0" sh {session} &', script)  # its parent is gone
    await eventually(lambda: all((tmp_path / session).exists() for session in ("ap-1-1", "ap-2-1")))
    over = int((tmp_path / "ap-2-1").read_text())

    for _ in range(20):
        assert pids(orphans(town_mark, note(f"{town_mark[1]}/ap-1-1"))) == [over]


async def test_what_is_started_or_ends_while_one_looks_is_no_orphan(strays: Strays, town_mark: Mark) -> None:
    marks: list[str] = []
    early = strays.start("ap-1-1")

    def noted() -> Note:
        marks.append(f"{town_mark[1]}/ap-{len(marks) + 2}-1")
        strays.start(marks[-1].partition("/")[2])
        if len(marks) == 2:
            os.kill(early.pid, signal.SIGKILL)
            os.waitid(os.P_PID, early.pid, os.WEXITED | os.WNOWAIT)
        return note(*marks)()

    assert orphans(town_mark, noted) == []
    assert len(marks) > 1


@pytest.mark.skipif(not HAS_PROC, reason="only Linux keeps track of who cleaned its environment")
async def test_whose_parent_ends_while_one_looks_is_at_work_as_before(
    containment: Containment, launch: LaunchOf, tmp_path: Path, town_mark: Mark, copies, eventually: Eventually
) -> None:
    if containment.means == Marks.means:
        pytest.skip("what cleans its environment and outlives its parents is lost to marks")
    noted = NotedContainment(Choice(containment, ()), tmp_path, ME)
    hidden = f"sh -c 'env -i setsid {copies.make('sleep')} 600 & {copies.make('tail')} -f /dev/null; true'"
    program = noted.start(launch(f"{hidden} & sleep 600; true", GT_TOWN_MARK=town_mark[1]))
    try:
        await eventually(lambda: len(copies.running()) == 2)
        (parent,) = {seen.parent for seen in copies.running()}
        known = Known(parent, start_time(parent))

        def read() -> Note | None:
            end(known, 0.0)
            return read_note(tmp_path)

        assert orphans(town_mark, read) == []
        assert parent not in [seen.parent for seen in copies.running()]
    finally:
        await program.end(patience=0)


async def test_what_a_host_tries_before_it_has_means_is_no_orphan(
    strays: Strays, town_mark: Mark, tmp_path: Path
) -> None:
    note_trials(tmp_path, ME, town_mark)
    strays.start(trial(town_mark)[1].partition("/")[2])
    left = strays.start("ap-1-1")

    assert pids(orphans(town_mark, lambda: read_note(tmp_path))) == [left.pid]


async def test_orphans_are_ended_and_nobody_else(strays: Strays, town_mark: Mark, eventually: Eventually) -> None:
    stray, bystander = strays.start("ap-1-1"), strays.start("")
    (found,) = orphans(town_mark, no_host)
    of_another_time = Orphan(pid=bystander.pid, started=bystander.started - 1, since=0, command="", session="")

    await end_orphans([found, of_another_time])

    assert not runs(stray.pid, stray.started)
    assert runs(bystander.pid, bystander.started)
    assert orphans(town_mark, no_host) == []


async def test_a_host_notes_what_it_has_at_work(
    containment: Containment, launch: LaunchOf, tmp_path: Path, town_mark: Mark
) -> None:
    noted = NotedContainment(Choice(containment, ("better: not here",)), tmp_path, ME)
    given = launch("sleep 600; true", GT_TOWN_MARK=town_mark[1])
    program = noted.start(given)
    again = noted.start(given)

    found = read_note(tmp_path)
    assert found == Note(ME, containment.means, ("better: not here",), (given.mark[1],))
    assert found.holds
    assert orphans(town_mark, lambda: found) == []

    await program.end(patience=0)
    await program.end(patience=0)
    still = read_note(tmp_path)
    assert still is not None
    assert still.at_work == (given.mark[1],)
    await again.end(patience=0)
    assert read_note(tmp_path) == note_of(found, ())


def note_of(note: Note, at_work: tuple[str, ...]) -> Note:
    return msgspec.structs.replace(note, at_work=at_work)


async def test_what_could_not_be_started_is_not_at_work(launch: LaunchOf, tmp_path: Path) -> None:
    noted = NotedContainment(Choice(Marks(), ()), tmp_path, ME)
    with pytest.raises(StartFailedError):
        noted.start(msgspec.structs.replace(launch("true"), folder=tmp_path / "nowhere"))

    found = read_note(tmp_path)
    assert found is not None
    assert found.at_work == ()


async def test_a_town_that_had_no_host_has_no_note(tmp_path: Path) -> None:
    assert read_note(tmp_path) is None
    (tmp_path / "host.json").write_text("{")
    assert read_note(tmp_path) is None


@pytest.mark.skipif(not HAS_PROC, reason="only Linux has cgroups")
async def test_what_sits_in_a_cgroup_of_the_town_is_an_orphan_whatever_it_hides(
    launch: LaunchOf, town_mark: Mark, copies, eventually: Eventually
) -> None:
    try:
        containment = await tried(MEANS["cgroup"], town_mark)
    except OSError as error:
        pytest.skip(f"no cgroup here: {error}")
    given = launch(f"env -i setsid {copies.make('sleep')} 600 & exit 0")
    program = containment.start(given)
    await program.exited()
    await eventually(lambda: len(copies.running()) == 1)

    (found,) = orphans(town_mark, note())
    assert (found.pid, found.session) == (copies.running()[0].pid, "")
    assert orphans(town_mark, note(given.mark[1])) == []
    await program.end(patience=0)
    assert orphans(town_mark, note()) == []
    containment.close()
    assert town_cgroup(town_mark).endswith(town_mark[1])
