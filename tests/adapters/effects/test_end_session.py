"""How sessions are ended from outside, and what a later host makes of an earlier one's."""

from pathlib import Path
from typing import Any

import anyio
import pytest

from gastown.actors.commands.polecat import ReportAgentEnded, ReportAgentStarted
from gastown.adapters.processes.family import marked

Stage = Any  # tests/adapters/effects/conftest.py
Eventually = Any

COMMIT = "echo work > work.txt && git add work.txt && git commit -q -m 'Do the work'"


@pytest.mark.parametrize("outcome", ["withdrawn", "deferred", "escalated"])
async def test_it_ends_as_asked_and_its_work_is_kept(stage: Stage, outcome: str, eventually: Eventually) -> None:
    async with stage.host() as host:
        await host.give(stage.run(f"{COMMIT}; touch ../committed; sleep 60; true"))
        await eventually(_sandboxes(stage, "committed").exists)
        await host.give(stage.end(outcome, reason="because"))
        end = await host.town.report(ReportAgentEnded)

        assert (end.outcome, end.reason) == (outcome, "because")
        assert end.kept_commit == end.commit == stage.pinned("refs/heads/gt/kept/ap-1-1")
        assert marked(host.site.mark("ap-1-1")).alive() == []


async def test_done_is_submitted_however_the_agent_then_goes(stage: Stage, eventually: Eventually) -> None:
    async with stage.host() as host:
        await host.give(stage.run(f"{COMMIT}; touch ../committed; sleep 60; true"))
        await eventually(_sandboxes(stage, "committed").exists)
        await host.give(stage.end("submitted", grace=0.1))
        end = await host.town.report(ReportAgentEnded)

    assert (end.outcome, end.exit_code, end.signal) == ("submitted", None, 15)
    assert stage.pinned("refs/gastown/submitted/app.ap-1-1") == end.commit


async def test_done_is_not_believed_against_the_repository(stage: Stage, eventually: Eventually) -> None:
    async with stage.host() as host:
        await host.give(stage.run("echo changed > readme; touch ../changed; sleep 60; true"))
        await eventually(_sandboxes(stage, "changed").exists)
        await host.give(stage.end("submitted"))
        end = await host.town.report(ReportAgentEnded)

    assert (end.outcome, end.kept) == ("uncommitted", "gt/kept/ap-1-1")


async def test_it_is_given_time_to_end_by_itself(stage: Stage, eventually: Eventually) -> None:
    async with stage.host() as host:
        await host.give(stage.run(f"{COMMIT}; while [ ! -e ../go ]; do sleep 0.01; done; echo bye; exit 0"))
        await host.town.report(ReportAgentStarted)
        await host.give(stage.end("submitted", grace=20))
        _sandboxes(stage, "go").touch()
        end = await host.town.report(ReportAgentEnded)

    assert (end.outcome, end.exit_code, end.tail) == ("submitted", 0, "bye\n")


async def test_the_first_to_end_it_decides(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.run("sleep 60; true"))
        await host.town.report(ReportAgentStarted)
        await host.give(stage.end("deferred", grace=30))
        await host.reception.close("the town went down")
        end = await host.town.report(ReportAgentEnded)

    assert end.outcome == "deferred"


async def test_ended_while_its_sandbox_is_set_up_it_never_starts(stage: Stage, eventually: Eventually) -> None:
    async with stage.host() as host:
        await host.give(stage.run("touch ../ran"), setup="touch ../setting-up; sleep 60; true")
        await eventually(_sandboxes(stage, "setting-up").exists)
        await host.give(stage.end("withdrawn"))
        end = await host.town.report(ReportAgentEnded)

        assert (end.outcome, end.reason) == ("withdrawn", "asked")
        assert host.town.reports(ReportAgentStarted) == []
        assert marked(host.site.mark("ap-1-1")).alive() == []
    assert not _sandboxes(stage, "ran").exists()
    assert not _sandboxes(stage, "ap-1-1").exists()


async def test_ended_before_it_is_known_it_never_starts(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.end("withdrawn"))
        await host.give(stage.run("touch ../ran"))
        end = await host.town.report(ReportAgentEnded)

    assert end.outcome == "withdrawn"
    assert not _sandboxes(stage, "ran").exists()


async def test_an_end_that_is_no_outcome_is_refused(stage: Stage) -> None:
    async with stage.host() as host:
        reply = await host.give(stage.end("exploded"))

    assert (reply.ok, reply.code) == (False, "refused")


async def test_going_down_all_sessions_are_interrupted_and_their_work_is_kept(
    stage: Stage, eventually: Eventually
) -> None:
    names = [f"ap-{number}-1" for number in range(5)]
    async with stage.host() as host:
        for name in names:
            await host.give(stage.run(f"{COMMIT}; touch ../{name}.committed; sleep 60; true", session=name))
        await eventually(lambda: all(_sandboxes(stage, f"{name}.committed").exists() for name in names))
        with anyio.fail_after(8):
            await host.reception.close("the town went down")
            await host.site.outbox.emptied()
        ends = host.town.reports(ReportAgentEnded)
        refused = await host.give(stage.run("true", session="ap-9-1"))

    assert {(end.outcome, end.reason) for end in ends} == {("interrupted", "the town went down")}
    assert {end.session for end in ends} == set(names)
    assert all(end.kept_commit == stage.pinned(f"refs/heads/gt/kept/{end.session}") != "" for end in ends)
    assert (refused.ok, refused.code) == (False, "unreachable")


@pytest.mark.parametrize("started", [False, True])
async def test_a_later_host_finds_the_work_of_one_that_died(
    stage: Stage, started: bool, eventually: Eventually
) -> None:
    command = f"{COMMIT}; echo half > readme; touch ../ready; sleep 60; true"
    async with stage.host() as host:
        await host.give(stage.run(command))
        await eventually(_sandboxes(stage, "ready").exists)
    async with stage.host() as host:
        await host.give(stage.run(command, started=started))
        end = await host.town.report(ReportAgentEnded)

    assert (end.outcome, end.reason) == ("interrupted", "the host that ran it died")
    assert end.commit != ""
    assert stage.git("show", f"{end.kept_commit}:readme", at=stage.refinery) == "half"
    assert stage.pinned("refs/heads/gt/kept/ap-1-1") == end.kept_commit
    assert not _sandboxes(stage, "ap-1-1").exists()


async def test_done_before_the_host_died_is_submitted_by_the_next(stage: Stage, eventually: Eventually) -> None:
    async with stage.host() as host:
        await host.give(stage.run(f"{COMMIT}; touch ../ready; sleep 60; true"))
        await eventually(_sandboxes(stage, "ready").exists)
    async with stage.host() as host:
        await host.give(stage.end("submitted"))
        await host.give(stage.run("true", started=True))
        end = await host.town.report(ReportAgentEnded)

    assert end.outcome == "submitted"
    assert stage.pinned("refs/gastown/submitted/app.ap-1-1") == end.commit


async def test_a_session_of_which_nothing_is_left_here_was_interrupted(stage: Stage) -> None:
    async with stage.host() as host:
        await host.give(stage.run("touch ../ran", started=True))
        end = await host.town.report(ReportAgentEnded)

    assert (end.outcome, end.commit, end.kept) == ("interrupted", "", "")
    assert not _sandboxes(stage, "ran").exists()


async def test_an_end_that_was_not_answered_is_reported_by_the_next_host(stage: Stage, eventually: Eventually) -> None:
    async with stage.host() as host:
        host.town.mute = True
        await host.give(stage.run(COMMIT))
        await eventually(lambda: host.site.outbox.settles("run:ap-1-1"))
    async with stage.host() as host:
        assert (await host.give(stage.run("true", started=True))).ok
        end = await host.town.report(ReportAgentEnded)
        with anyio.fail_after(10):
            await host.site.outbox.emptied()

    assert end.outcome == "submitted"
    assert [type(order.command).__name__ for order in host.town.orders] == ["ReportAgentStarted", "ReportAgentEnded"]


async def test_it_takes_the_same_again_after_a_lost_report(stage: Stage) -> None:
    """The end was written down, and the host died before it could be reported."""
    async with stage.host() as host:
        await host.give(stage.run(COMMIT))
        first = await host.town.report(ReportAgentEnded)
    async with stage.host() as host:
        await host.give(stage.run("true", started=True))
        again = await host.town.report(ReportAgentEnded)

    assert again == first


def _sandboxes(stage: Stage, name: str) -> Path:
    return stage.town / "rigs" / "app" / "sandboxes" / name


DAMAGES = {"empty": b"", "half": b'{"sandbox":{"workt', "no UTF-8": b'{"at":"\xff"}', "another": b'{"at":1}'}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_a_session_whose_beginning_cannot_be_read_may_have_run(
    stage: Stage, damage: bytes, eventually: Eventually
) -> None:
    """A power cut. Nothing of it runs again, what it made is kept, and the host goes on."""
    command = f"echo ran >> ../runs; {COMMIT}; echo half > readme; touch ../ready; sleep 60; true"
    async with stage.host() as host:
        await host.give(stage.run(command))
        await eventually(_sandboxes(stage, "ready").exists)
    (stage.town / "sessions" / "ap-1-1" / "begun.json").write_bytes(damage)
    async with stage.host() as host:
        await host.give(stage.run(command))
        end = await host.town.report(ReportAgentEnded)
        other = await host.submitted("echo other > other.txt", session="ap-2-1")

    assert _sandboxes(stage, "runs").read_text() == "ran\n"
    assert (end.outcome, end.reason) == ("interrupted", "the host that ran it died")
    assert stage.git("show", f"{end.kept_commit}:readme", at=stage.refinery) == "half"
    assert stage.git("show", f"{end.kept_commit}:work.txt", at=stage.refinery) == "work"
    assert other.outcome == "submitted"


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
async def test_of_a_session_whose_end_cannot_be_read_nothing_is_claimed(stage: Stage, damage: bytes) -> None:
    command = f"echo ran >> ../runs; {COMMIT}"
    async with stage.host() as host:
        await host.give(stage.run(command))
        first = await host.town.report(ReportAgentEnded)
    (stage.town / "sessions" / "ap-1-1" / "ended.json").write_bytes(damage)
    async with stage.host() as host:
        await host.give(stage.run(command))
        end = await host.town.report(ReportAgentEnded)

    assert _sandboxes(stage, "runs").read_text() == "ran\n"
    assert (end.outcome, end.commit) == ("interrupted", "")
    assert stage.pinned("refs/gastown/submitted/app.ap-1-1") == first.commit
