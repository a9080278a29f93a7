"""TellNow: what an agent is told within its turn it is told once, however often the errand comes, and whenever.

What nobody can know is told again: by the run that follows, with the same id in it.
"""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

from memory_stage import SESSION, MemoryHost, MemoryStage, run, tell, turn

from gastown.actors.commands.polecat import ReportAgentLost, ReportAgentResumed, ReportTold, ReportTurn
from gastown.actors.effects import Resume
from gastown.adapters.agents.told import MessageTaken, TurnEnded

M1, M2 = tell("m1", "use the old table"), tell("m2", "and the docs")


@asynccontextmanager
async def at_work(stage: MemoryStage, **given: bool) -> AsyncGenerator[MemoryHost]:
    """A host whose agent is in its first turn, which holds letter one."""
    async with stage.host(**given) as host:
        await host.give(run(), brief="the brief, with letter one", mails=("one",))
        await host.listener.hears("the brief")
        yield host


def told(host: MemoryHost, message: str) -> list[ReportTold]:
    return [report for report in host.town.reports(ReportTold) if message in report.messages]


def found(host: MemoryHost) -> list[str]:
    """What a later host has told of the messages and of the run that is over, in order."""
    kinds = (ReportTold, ReportAgentLost)
    return [type(one.command).__name__ for one in host.town.orders if isinstance(one.command, kinds)]


def next_run(text: str, *messages: str) -> Resume:
    return Resume(turn=2, text=text, messages=messages)


async def test_an_errand_that_comes_again_tells_nothing_and_is_answered_as_before() -> None:
    async with MemoryStage().on() as stage, at_work(stage) as host:
        for often in (2, 3):  # the letter was told with the brief
            await host.give(M1)
            await host.town.report(ReportTold, often)

        assert [(one.messages, one.refused) for one in told(host, "m1")] == [(("m1",), "")] * 2
        assert len({one.id for one in host.town.orders if one.command in told(host, "m1")}) == 1
        assert host.listener.times("the old table") == 1


async def test_one_that_comes_while_its_agent_has_not_answered_the_first_tells_nothing() -> None:
    async with MemoryStage().on() as stage, at_work(stage) as host:
        host.listener.hesitates = True
        await host.give(M1)
        await host.listener.hears("the old table")
        await host.give(M1)
        await host.give(M2)  # this one is told, so the one before it would have been
        await host.listener.hears("the docs")
        host.listener.say(MessageTaken(id="m1"))
        await host.town.report(ReportTold, 2)

        assert host.listener.times("the old table") == 1


async def test_what_was_refused_is_not_tried_again_within_the_turn_and_refused_as_before() -> None:
    async with MemoryStage().on() as stage, at_work(stage) as host:
        host.listener.refuses = {"m1"}
        for often in (2, 3):
            await host.give(M1)
            await host.town.report(ReportTold, often)

        first, second = told(host, "m1")
        assert "not now" in first.refused
        assert second == first
        assert host.listener.times("the old table") == 1


async def test_a_late_one_tells_nothing_in_the_turn_that_follows() -> None:
    async with MemoryStage().on() as stage, at_work(stage) as host:
        await host.give(M1)
        await host.town.report(ReportTold, 2)
        host.listener.say(TurnEnded(end="done"))
        await host.town.report(ReportTurn)
        await host.give(turn(2, "go on"))
        await host.listener.hears("go on")
        await host.give(M1)
        await host.town.report(ReportTold, 3)

        assert host.listener.times("the old table") == 1


async def test_what_a_turn_began_with_is_not_told_within_it_by_an_errand_that_comes_late() -> None:
    async with MemoryStage().on() as stage, at_work(stage) as host:
        host.listener.say(TurnEnded(end="done"))
        await host.town.report(ReportTurn)
        await host.give(turn(2, "Message m1 from a person:\nuse the old table", "m1"))
        await host.town.report(ReportTold, 2)
        await host.give(M1)
        await host.give(M2)
        await host.town.report(ReportTold, 3)

        assert host.listener.times("the old table") == 1
        assert len(told(host, "m1")) == 1


async def test_a_letter_that_stands_in_the_brief_is_not_told_besides() -> None:
    async with MemoryStage().on() as stage, at_work(stage) as host:
        await host.give(tell("one", "letter one, urgently"))
        await host.give(M1)
        await host.town.report(ReportTold, 2)

        assert host.listener.times("letter one") == 1
        assert [one.brief for one in told(host, "one")] == [True]


async def test_a_later_host_reports_what_was_told_before_it_says_that_the_run_is_over(eventually: Any) -> None:
    """So nobody thinks, when the next run is to begin, that it had not been told."""
    async with MemoryStage().on() as stage:
        async with at_work(stage, mute=True) as host:
            await host.give(M1)
            await eventually(lambda: stage.unanswered('"messages":["m1"]'))
        async with stage.host() as later:
            await later.give(M1)
            await later.give(run(started=True, conversation="talk-1"))
            await later.town.report(ReportAgentLost)

        assert [one.refused for one in told(later, "m1")] == [""]
        assert found(later)[-1] == "ReportAgentLost"
        assert stage.listener.times("the old table") == 1


async def test_one_meant_for_an_earlier_run_tells_nothing_in_the_next() -> None:
    async with MemoryStage().on() as stage:
        async with at_work(stage) as host:
            await host.give(M1)
            await host.town.report(ReportTold, 2)
        async with stage.host() as later:
            await later.give(
                run(key=f"run:{SESSION}:1", run=1, started=True, conversation="talk-1", resume=next_run("go on"))
            )
            await later.town.report(ReportAgentResumed)
            await later.give(M1)
            await later.give(tell("m2", "and the docs", run=1))
            await later.town.report(ReportTold)

        assert stage.listener.times("the old table") == 1
        assert stage.listener.times("the docs") == 1
        assert told(later, "m1") == []


async def test_what_a_run_goes_on_with_is_not_told_within_its_turn_besides() -> None:
    """Nobody knows whether the run before had heard it: it is told again, once."""
    async with MemoryStage().on() as stage:
        async with at_work(stage) as host:
            host.listener.hesitates = True
            await host.give(M1)
            await host.listener.hears("the old table")
            assert told(host, "m1") == []
        stage.listener.hesitates = False
        async with stage.host() as later:
            await later.give(run(started=True, conversation="talk-1"))
            await later.town.report(ReportAgentLost)
            assert told(later, "m1") == []
            resume = next_run("Message m1 from a person:\nuse the old table", "m1")
            await later.give(run(key=f"run:{SESSION}:1", run=1, started=True, conversation="talk-1", resume=resume))
            await later.town.report(ReportTold)
            await later.give(tell("m1", "use the old table", run=1))
            await later.give(tell("m2", "and the docs", run=1))
            await later.town.report(ReportTold, 2)

        assert stage.listener.times("the old table") == 2
        assert len(told(later, "m1")) == 1
