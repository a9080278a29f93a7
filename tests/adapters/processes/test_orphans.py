import os
import subprocess  # noqa: TID251  processes that are nobody's
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from gastown.adapters.processes.at_work import Note, NotedContainment, read_note
from gastown.adapters.processes.census import HAS_PROC, runs, start_time
from gastown.adapters.processes.cgroup import town_cgroup
from gastown.adapters.processes.child import Known
from gastown.adapters.processes.containment import MEANS, Choice, tried
from gastown.adapters.processes.family import Mark
from gastown.adapters.processes.marks import Marks
from gastown.adapters.processes.orphans import Orphan, end_orphans, orphans
from gastown.adapters.processes.own_children import started
from gastown.adapters.processes.program import Containment, Launch, StartFailedError
from gastown.clock import now

LaunchOf = Callable[..., Launch]
Eventually = Callable[[Callable[[], object]], Awaitable[None]]

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
            process.kill()
            process.wait()


@pytest.fixture
def strays(town_mark: Mark) -> Iterator[Strays]:
    made = Strays(town_mark)
    yield made
    made.end()


def note(*marks: str, host: Known = ME) -> Note:
    return Note(host, Marks.means, at_work=marks)


def pids(found: list[Orphan]) -> list[int]:
    return [one.pid for one in found]


async def test_what_carries_the_mark_of_a_town_without_a_host_is_an_orphan(strays: Strays, town_mark: Mark) -> None:
    stray = strays.start("ap-1-1")
    strays.start("", "sleep", "600")

    (found,) = orphans(town_mark, None)

    assert (found.pid, found.started, found.session) == (stray.pid, stray.started, "ap-1-1")
    assert found.command == "sleep 600"
    assert abs(found.since - now()) < 60
    assert orphans(("GT_TOWN_MARK", f"{town_mark[1]}-of-another"), None) == []


async def test_what_is_at_work_is_no_orphan_and_neither_is_what_it_started(
    strays: Strays, town_mark: Mark, tmp_path: Path, eventually: Eventually
) -> None:
    strays.start("ap-1-1", "sh", "-c", f"env -i sh -c 'echo > {tmp_path}/here; sleep 600' & wait")
    over = strays.start("ap-2-1")
    await eventually((tmp_path / "here").exists)
    at_work = note(f"{town_mark[1]}/ap-1-1")

    assert pids(orphans(town_mark, at_work)) == [over.pid]
    dead = msgspec.structs.replace(at_work, host=Known(ME.pid, ME.started + 1))
    assert len(orphans(town_mark, dead)) >= 3


async def test_a_child_that_hides_its_origin_is_an_orphan_with_its_parent(
    strays: Strays, town_mark: Mark, tmp_path: Path, eventually: Eventually
) -> None:
    strays.start("ap-1-1", "sh", "-c", f"env -i sh -c 'echo > {tmp_path}/here; sleep 600; true' & wait")
    await eventually((tmp_path / "here").exists)

    assert {"ap-1-1", ""} == {one.session for one in orphans(town_mark, note())}


async def test_orphans_are_ended_and_nobody_else(strays: Strays, town_mark: Mark, eventually: Eventually) -> None:
    stray, bystander = strays.start("ap-1-1"), strays.start("")
    (found,) = orphans(town_mark, None)
    of_another_time = Orphan(pid=bystander.pid, started=bystander.started - 1, since=0, command="", session="")

    await end_orphans([found, of_another_time])

    assert not runs(stray.pid, stray.started)
    assert runs(bystander.pid, bystander.started)
    assert orphans(town_mark, None) == []


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
    assert orphans(town_mark, found) == []

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
