import signal
from typing import Any

import anyio
import anyio.to_thread
import psutil

from gastown import config
from gastown.actors.commands.polecat import ReportAgentEnded, ReportAgentStarted
from gastown.actors.errands import AskPeek
from gastown.actors.reports import Hello
from gastown.adapters.processes.at_work import read_note
from gastown.adapters.processes.containment import trial
from gastown.adapters.processes.locks import holder

Place = Any  # tests/host/conftest.py
Eventually = Any

COMMIT = "echo work > work.txt && git add work.txt && git commit -q -m 'Do the work'"
STUBBORN = "trap '' TERM; setsid sh -c 'trap \"\" TERM; while :; do sleep 60; done' & while :; do sleep 60; done"


async def _ended(process: Any, seconds: float = 15) -> int:
    with anyio.fail_after(seconds):
        return await anyio.to_thread.run_sync(process.wait)


def _alive(processes: list[psutil.Process]) -> list[psutil.Process]:
    """The dead that nobody fetches are not counted."""
    return [one for one in processes if one.is_running() and one.status() != psutil.STATUS_ZOMBIE]


async def test_it_says_hello_and_carries_out_errands(place: Place) -> None:
    async with place.town() as town:
        place.start()
        await town.greeted()
        assert (await town.give(place.run(f"{COMMIT}; echo hello"))).ok
        end = await town.report(ReportAgentEnded)
        peek = await town.request(AskPeek(session="ap-1-1"))

    assert end.outcome == "submitted"
    assert place.pinned("refs/gastown/submitted/app.ap-1-1") == end.commit
    assert peek.data == "hello"


async def test_it_says_hello_again_after_every_reconnection(place: Place) -> None:
    async with place.town() as town:
        place.start()
        await town.greeted()
        place.nats.restart()
        await town.greeted(2)


async def test_sessions_go_on_while_the_server_of_the_log_is_away(place: Place, eventually: Eventually) -> None:
    async with place.town() as town:
        place.start()
        await town.give(place.run(f"while [ ! -e ../go ]; do sleep 0.02; done; {COMMIT}; touch ../done"))
        await town.report(ReportAgentStarted)
        place.nats.end()
        place.sandboxes("go").touch()
        await eventually(lambda: list((place.config.path / "host" / "outbox").glob("*.json")))
        place.nats.start()

        assert (await town.report(ReportAgentEnded)).outcome == "submitted"


async def test_a_second_host_is_refused_and_told_who_was_first(place: Place) -> None:
    async with place.town() as town:
        first = place.start()
        await town.greeted()
        second = place.start()

        assert await _ended(second) == 5
    assert f"as process {first.pid}" in place.log()
    known = holder(place.config.run / "host.lock")
    assert known is not None
    assert known.pid == first.pid


async def test_it_is_known_before_it_tries_its_means(place: Place) -> None:
    """Whoever looks for orphans meanwhile is to know what it starts for that."""
    config.save(config.with_containment(place.config, "prayer"))
    host = place.start()

    assert await _ended(host) != 0
    note = read_note(place.config.run)
    assert note is not None
    assert (note.host.pid, note.means) == (host.pid, None)
    assert note.at_work == (trial(place.mark)[1],)


async def test_without_its_server_it_says_so_and_ends(place: Place, nats_server: Any) -> None:
    nats_server.end()

    assert await _ended(place.start()) == 6
    assert "no NATS server answers" in place.log()


async def test_sigterm_saves_and_reports_every_session_and_leaves_no_process(
    place: Place, eventually: Eventually
) -> None:
    names = [f"ap-{number}-1" for number in range(4)]
    async with place.town() as town:
        host = place.start()
        for name in names:
            await town.give(place.run(f"{COMMIT}; touch ../{name}.ready; sleep 60; true", name))
        await eventually(lambda: all(place.sandboxes(f"{name}.ready").exists() for name in names))
        host.send_signal(signal.SIGTERM)
        code = await _ended(host, 8)
        ends = [await town.report(ReportAgentEnded, number + 1) for number in range(4)]

    assert code == 0
    assert {(end.outcome, end.reason) for end in ends} == {("interrupted", "the town went down")}
    assert all(place.pinned(f"refs/heads/{end.kept}") == end.kept_commit for end in ends)
    assert place.workers() == []


async def test_sigterm_takes_no_longer_for_what_ignores_it(place: Place, eventually: Eventually) -> None:
    async with place.town() as town:
        host = place.start()
        await town.give(place.run(f"{COMMIT}; env -i setsid sleep 60 & touch ../ready; {STUBBORN}"))
        await eventually(place.sandboxes("ready").exists)
        below = psutil.Process(host.pid).children(recursive=True)
        host.send_signal(signal.SIGTERM)

        assert await _ended(host, 12) == 0
        assert (await town.report(ReportAgentEnded)).outcome == "interrupted"
    assert place.workers() == []
    assert _alive(below) == []


async def test_killed_in_the_middle_the_next_host_ends_and_saves_what_it_left(
    place: Place, eventually: Eventually
) -> None:
    command = f"{COMMIT}; echo half > work.txt; touch ../ready; {STUBBORN}"
    async with place.town() as town:
        host = place.start()
        await town.give(place.run(command))
        await town.report(ReportAgentStarted)
        await eventually(place.sandboxes("ready").exists)
        host.send_signal(signal.SIGKILL)
        await _ended(host)
        place.start()
        await town.greeted(2)
        assert place.workers() == []
        await town.give(place.run(command, started=True))
        end = await town.report(ReportAgentEnded)

    assert (end.outcome, end.reason) == ("interrupted", "the host that ran it died")
    assert place.pinned("refs/heads/gt/kept/ap-1-1") == end.kept_commit
    refinery = place.config.path / "rigs" / "app" / "refinery.git"
    assert place.git("show", f"{end.kept_commit}:work.txt", at=refinery) == "half"
    assert not place.sandboxes("ap-1-1").exists()


async def test_what_the_town_did_not_answer_is_reported_by_the_next_host(place: Place, eventually: Eventually) -> None:
    outbox = place.config.path / "host" / "outbox"
    async with place.town() as town:
        host = place.start()
        await town.greeted()
        await town.give(place.run(f"while [ ! -e ../go ]; do sleep 0.02; done; {COMMIT}"))
        await town.report(ReportAgentStarted)
    place.sandboxes("go").touch()  # the town is gone now
    await eventually(lambda: any("polecat.report_ended" in file.read_text() for file in outbox.glob("*.json")))
    host.send_signal(signal.SIGKILL)
    await _ended(host)
    place.start()
    async with place.town() as town:
        assert (await town.report(ReportAgentEnded)).outcome == "submitted"
        await eventually(lambda: not list(outbox.iterdir()))


async def test_it_shows_signs_of_life_while_nothing_happens(place: Place) -> None:
    async with place.town() as town:
        place.start()
        await town.greeted()
        await town.until(lambda: town.renewals >= 2)


async def test_an_errand_for_another_host_is_refused(place: Place) -> None:
    async with place.town() as town:
        place.start()
        await town.give(place.run("sleep 60"))
        town.epoch -= 1
        reply = await town.request(town.errand(place.run("true", "ap-2-1")))

    assert (reply.ok, reply.code) == (False, "taken")


async def test_frozen_and_woken_after_another_took_over_it_ends_its_own_and_touches_nothing(
    place: Place, eventually: Eventually
) -> None:
    async with place.town() as town:
        host = place.start()
        await town.greeted()
        await town.give(place.run(f"{COMMIT}; env -i setsid sleep 60 & touch ../ready; {STUBBORN}"))
        await town.report(ReportAgentStarted)
        await eventually(place.sandboxes("ready").exists)
        below = psutil.Process(host.pid).children(recursive=True)
        host.send_signal(signal.SIGSTOP)
        town.takes_over(Hello(host="another", machine="elsewhere"))
        successors = place.stranger("sleep 60", "ap-1-1")
        before = (len(town.orders), place.everything())
        host.send_signal(signal.SIGCONT)

        assert await _ended(host) == 5
        assert (len(town.orders), place.everything()) == before
    await eventually(lambda: _alive(below) == [])
    assert successors.poll() is None
