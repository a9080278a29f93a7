"""An agent that is gone before its time: what is told of it, its sandbox stays, and another run takes that up."""

import os
import signal
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gastown.actors.commands.polecat import (
    ReportAgentEnded,
    ReportAgentLost,
    ReportAgentResumed,
    ReportAgentStarted,
    ReportConversation,
    ReportTold,
    ReportTurn,
)
from gastown.actors.effects import Resume, RunSession
from gastown.adapters.processes.family import marked

Stage = Any  # tests/adapters/effects/conftest.py
Eventually = Any

TALKER = f"acp:{sys.executable} {Path(__file__).parents[2] / 'scenarios' / 'talker.py'} loads"
HALF = "echo half > readme; touch $STORY/half; sleep 60"
DIED = "the host that ran it died"


@pytest.fixture
def story(stage: Stage) -> Path:
    made = stage.folder / "story"
    made.mkdir()
    return made


def scripts(story: Path, *texts: str) -> None:
    for number, text in enumerate(texts, 1):
        (story / f"ap-1.{number}.sh").write_text(text)


def runs(stage: Stage, story: Path, **fields: Any) -> RunSession:
    effect = stage.run("", vendor=TALKER, env=(("STORY", str(story)),))
    return msgspec.structs.replace(effect, **{"may_be_resumed": True, **fields})


def again(stage: Stage, story: Path, run: int = 1, **fields: Any) -> RunSession:
    """The run that follows."""
    resume = Resume(turn=run + 1, text="You were interrupted.", messages=("m1",))
    given = {"key": f"run:ap-1-1:{run}", "run": run, "started": True, "conversation": "talk-1", "resume": resume}
    return runs(stage, story, **{**given, **fields})


def found(stage: Stage, story: Path, **fields: Any) -> RunSession:
    """The first run, as a later host is told of it."""
    return runs(stage, story, **{"started": True, "conversation": "talk-1", **fields})


def half_done(stage: Stage) -> Path:
    return stage.folder / "story" / "half"


def worktree(stage: Stage) -> Path:
    return stage.town / "rigs" / "app" / "sandboxes" / "ap-1-1"


async def test_a_later_host_tells_of_it_and_then_takes_its_sandbox_up(
    stage: Stage, story: Path, eventually: Eventually
) -> None:
    scripts(story, HALF, "cat > told; git add -A; git commit -qm Done")
    async with stage.host() as host:
        await host.give(runs(stage, story), brief="the brief")
        await eventually(half_done(stage).exists)
    async with stage.host() as host:
        await host.give(found(stage, story), brief="the brief")
        lost = await host.town.report(ReportAgentLost)
        assert (lost.run, lost.reason, lost.changed) == (0, DIED, ("readme",))
        assert marked(host.site.mark("ap-1-1")).alive() == []
        assert host.town.reports(ReportAgentEnded) == []

        await host.give(again(stage, story), brief="the brief")
        resumed = await host.town.report(ReportAgentResumed)
        turn = await host.town.report(ReportTurn)
        await host.give(stage.end("submitted"))
        end = await host.town.report(ReportAgentEnded)

    assert (resumed.run, resumed.how) == (1, "resume")
    assert (turn.number, turn.end, turn.ahead, turn.changed) == (2, "done", 1, ())
    assert host.town.reports(ReportTold)[0].messages == ("m1",)
    assert host.town.reports(ReportAgentStarted) == []
    assert end.outcome == "submitted"
    assert stage.git("show", f"{end.commit}:readme", at=stage.refinery) == "half"
    told = stage.git("show", f"{end.commit}:told", at=stage.refinery)
    assert told.startswith("You were interrupted.")
    assert "the brief" in told


async def test_an_agent_that_does_not_find_its_conversation_begins_another(
    stage: Stage, story: Path, eventually: Eventually
) -> None:
    scripts(story, HALF, "cat > told; git add -A; git commit -qm Done")
    (story / "ap-1.forgets").touch()
    async with stage.host() as host:
        await host.give(runs(stage, story), brief="the brief")
        await eventually(half_done(stage).exists)
    async with stage.host() as host:
        await host.give(again(stage, story), brief="the brief")
        assert (await host.town.report(ReportAgentResumed)).how == "handoff"
        assert host.town.reports(ReportConversation)[0].conversation == "talk-2"
        await host.town.report(ReportTurn)

    assert (worktree(stage) / "told").read_text().startswith("You take over from an agent whose conversation is lost")


@pytest.mark.parametrize("forgets", [False, True], ids=["with its conversation", "with another"])
async def test_letters_in_its_brief_are_told_once_the_prompt_that_holds_them_is_taken(
    stage: Stage, story: Path, eventually: Eventually, *, forgets: bool
) -> None:
    scripts(story, HALF, "cat > told")
    if forgets:
        (story / "ap-1.forgets").touch()
    async with stage.host() as host:
        await host.give(runs(stage, story), brief="the brief, with letter one", mails=("one",))
        await eventually(half_done(stage).exists)
        await eventually(lambda: told_in_briefs(host) == [("one",)])
    async with stage.host() as host:
        await host.give(again(stage, story), brief="the brief, with letters one and two", mails=("one", "two"))
        await host.town.report(ReportTurn)

    assert "with letters one and two" in (worktree(stage) / "told").read_text()
    assert told_in_briefs(host) == [("one", "two")]


def told_in_briefs(host: Any) -> list[tuple[str, ...]]:
    return [told.messages for told in host.town.reports(ReportTold) if told.brief]


async def test_going_down_it_is_stopped_and_its_sandbox_stays(
    stage: Stage, story: Path, eventually: Eventually
) -> None:
    scripts(story, HALF)
    async with stage.host() as host:
        await host.give(runs(stage, story))
        await eventually(half_done(stage).exists)
        await host.town.report(ReportConversation)
        await host.reception.close("the town went down")
        turn, lost = await host.town.report(ReportTurn), await host.town.report(ReportAgentLost)
        assert marked(host.site.mark("ap-1-1")).alive() == []

    assert (turn.number, turn.end, turn.failure) == (1, "interrupted", None)
    assert (lost.run, lost.reason) == (0, "the town went down")
    assert host.town.reports(ReportAgentEnded) == []
    assert (worktree(stage) / "readme").read_text() == "half\n"


async def test_a_program_that_is_killed_is_told_of_and_the_run_that_follows_takes_over(
    stage: Stage, story: Path, eventually: Eventually
) -> None:
    scripts(story, HALF, "git add -A; git commit -qm Done")
    async with stage.host() as host:
        await host.give(runs(stage, story))
        await eventually(half_done(stage).exists)
        started = await host.town.report(ReportAgentStarted)
        os.killpg(started.pid, signal.SIGKILL)
        turn = await host.town.report(ReportTurn)
        await host.give(again(stage, story))
        await host.town.report(ReportAgentResumed)
        further = await host.town.report(ReportTurn, 2)

    assert (turn.end, turn.failure.kind) == ("interrupted", "crash")
    assert (further.number, further.end, further.ahead) == (2, "done", 1)
    assert host.town.reports(ReportAgentEnded) == []


async def test_a_run_that_may_have_begun_is_not_begun_again(stage: Stage, story: Path, eventually: Eventually) -> None:
    scripts(story, "true", HALF)
    async with stage.host() as host:
        await host.give(runs(stage, story))
        await host.town.report(ReportTurn)
    async with stage.host() as host:
        await host.give(again(stage, story))
        await eventually(half_done(stage).exists)
        await host.town.report(ReportAgentResumed)
        await host.site.outbox.emptied()  # a report that was not answered is told again by the next host
    async with stage.host() as host:
        await host.give(again(stage, story))
        lost = await host.town.report(ReportAgentLost)

    assert (lost.run, lost.reason) == (1, DIED)
    assert host.town.reports(ReportAgentResumed) == []


@pytest.mark.parametrize("why", ["it may not", "no conversation is known", "it is to end", "its sandbox is gone"])
async def test_where_it_cannot_go_on_it_ends_as_before(
    stage: Stage, story: Path, eventually: Eventually, why: str
) -> None:
    scripts(story, f"git commit -q --allow-empty -m Some; {HALF}")
    async with stage.host() as host:
        await host.give(runs(stage, story))
        await eventually(half_done(stage).exists)
    async with stage.host() as host:
        effect = found(stage, story)
        if why == "it may not":
            effect = found(stage, story, may_be_resumed=False)
        elif why == "no conversation is known":
            effect = found(stage, story, conversation="")
        elif why == "it is to end":
            await host.give(stage.end("withdrawn"))
        else:
            (worktree(stage) / ".git").unlink()
        await host.give(effect)
        end = await host.town.report(ReportAgentEnded)

    assert end.outcome == ("withdrawn" if why == "it is to end" else "interrupted")
    assert host.town.reports(ReportAgentLost) == []
    if why != "its sandbox is gone":
        assert stage.git("show", f"{end.kept_commit}:readme", at=stage.refinery) == "half"


async def test_one_whose_sandbox_is_gone_when_it_is_to_go_on_ends(
    stage: Stage, story: Path, eventually: Eventually
) -> None:
    scripts(story, HALF, HALF)
    async with stage.host() as host:
        await host.give(runs(stage, story))
        await eventually(half_done(stage).exists)
    (worktree(stage) / ".git").unlink()
    async with stage.host() as host:
        await host.give(again(stage, story))
        end = await host.town.report(ReportAgentEnded)

    assert end.outcome == "interrupted"
    assert host.town.reports(ReportAgentResumed) == []


async def test_one_that_is_to_end_before_it_goes_on_does_not(stage: Stage, story: Path, eventually: Eventually) -> None:
    scripts(story, HALF, HALF)
    async with stage.host() as host:
        await host.give(runs(stage, story))
        await eventually(half_done(stage).exists)
    async with stage.host() as host:
        await host.give(stage.end("withdrawn", reason="unslung"))
        await host.give(again(stage, story))
        end = await host.town.report(ReportAgentEnded)

    assert (end.outcome, end.reason) == ("withdrawn", "unslung")
    assert host.town.reports(ReportAgentResumed) == []
