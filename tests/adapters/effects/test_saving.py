"""On a machine that may be lost, what a session has done is brought home at the end of each turn."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
from memory_stage import SESSION, MemoryHost, MemoryStage, run, turn

from gastown.actors.commands.places import ReportWorkSaved
from gastown.actors.commands.polecat import ReportAgentEnded, ReportAgentLost, ReportTurn
from gastown.actors.errands import Errand
from gastown.adapters.agents.told import TurnEnded
from gastown.adapters.git.memory_worktree import MemoryWorktree
from gastown.bus.luggage_protocol import Left
from gastown.events.ids import Commit, RigName, SessionId
from gastown.events.session import Earlier

DONE = TurnEnded(end="done")


class Far:
    """A Homeward that writes down what is brought; shut: nothing gets through."""

    far = True

    def __init__(self) -> None:
        self.brought: list[tuple[Left, Commit]] = []
        self.way = anyio.Event()
        self.way.set()

    def shut(self) -> None:
        self.way = anyio.Event()

    async def supply(self, errand: Errand, rig: RigName, session: SessionId, earlier: Earlier | None) -> None:
        pass

    async def bring(
        self, errand: Errand, rig: RigName, session: SessionId, left: Left, commit: Commit, base: Commit
    ) -> None:
        await self.way.wait()
        self.brought.append((left, commit))


@asynccontextmanager
async def at_work(far: Far) -> AsyncGenerator[tuple[MemoryHost, MemoryWorktree]]:
    """A host whose agent is in its first turn."""
    async with MemoryStage(far).on() as stage, stage.host() as host:
        await host.give(run())
        await host.listener.hears("the brief")
        assert host.listener.worktree is not None
        yield host, host.listener.worktree


async def test_what_a_turn_has_done_is_saved_when_it_is_over_committed_or_not() -> None:
    far = Far()
    async with at_work(far) as (host, worktree):
        commit = worktree.commit("One", one="1\n")
        host.listener.say(DONE)
        saved = await host.town.report(ReportWorkSaved)
        assert (saved.session, saved.commit, saved.kept) == (SESSION, commit, f"gt/kept/{SESSION}")
        await host.give(turn(2, "go on"))
        await host.listener.hears("go on")
        worktree.files["loose"] = "2\n"
        host.listener.say(DONE)
        loose = await host.town.report(ReportWorkSaved, 2)
        assert far.brought == [("kept", commit), ("kept", loose.commit)]
        assert (loose.commit != commit, worktree.head) == (True, commit)


async def test_a_turn_that_has_done_nothing_brings_nothing() -> None:
    far = Far()
    async with at_work(far) as (host, worktree):
        host.listener.say(DONE)
        await host.town.report(ReportTurn)
        await host.give(turn(2, "go on"))
        await host.listener.hears("go on")
        worktree.commit("One", one="1\n")
        host.listener.say(DONE)
        await host.town.report(ReportWorkSaved)
        assert len(far.brought) == 1


async def test_no_turn_waits_until_what_the_one_before_has_done_is_home() -> None:
    far = Far()
    far.shut()
    async with at_work(far) as (host, worktree):
        worktree.commit("One", one="1\n")
        host.listener.say(DONE)
        await host.town.report(ReportTurn)
        await host.give(turn(2, "go on"))
        await host.listener.hears("go on")
        commit = worktree.commit("Two", two="2\n")
        host.listener.say(DONE)
        await host.town.report(ReportTurn, 2)
        assert far.brought == []
        far.way.set()
        assert (await host.town.report(ReportWorkSaved, 2)).commit == commit


async def test_one_that_could_go_on_there_is_ended_and_brought_home_when_its_host_is_taken_down() -> None:
    far = Far()
    async with at_work(far) as (host, worktree):
        commit = worktree.commit("One", one="1\n")
        await host.reception.close("its host was taken down")
        ended = await host.town.report(ReportAgentEnded)
        assert (ended.outcome, ended.reason, ended.kept_commit) == ("interrupted", "its host was taken down", commit)
        assert far.brought == [("kept", commit)]
        assert not host.town.reports(ReportAgentLost)
