"""A town that is adopted with work in its queue: the commits lie on the lost machine; it is done anew, and lands once.

The new machine is played as adoption makes it: the log, settled, then its roles at work again.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import msgspec
import pytest

from gastown import clock
from gastown.actors.commands.command import Command, Order, Owner
from gastown.actors.commands.deacon import RestoreTown
from gastown.actors.commands.mayor import MAYOR, FoundLanding, ReportLandings
from gastown.actors.commands.polecat import ReportAgentEnded, ReportAgentStarted
from gastown.actors.commands.refinery import ReportLanding, ReportProven
from gastown.actors.kernel.answer import Accepted
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.roles import ROLES, owner_of
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.events.bead import BeadAssigned, BeadLanded
from gastown.events.ids import Entity
from gastown.events.rig import RigConfig
from gastown.events.session import SessionOpened
from gastown.events.submission import SubmissionWithdrawn
from gastown.moving.parts import RigPart
from gastown.moving.settling import Move, Settling
from gastown.projections import rigs
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS

BASE, COMMIT, CANDIDATE = "1" * 40, "7" * 40, "8" * 40


class NewMachine:
    """The adopted town. host: played."""

    def __init__(self, log, runtime, host):
        self.log = log
        self.host = host
        self._runtime = runtime

    async def report(self, to: Owner, command: Command, errand: str) -> None:
        cause, traceparent = await self.host.errand(errand)
        order = Order(
            id=clock.new_id(), to=to, actor="host", command=command, cause=cause, traceparent=traceparent,
            time=clock.now(),
        )  # fmt: skip
        answer = await self._runtime.send(order)
        assert isinstance(answer, Accepted), answer

    async def facts(self, kind: str, key: str, fact: type) -> list:
        found = [event.envelope.data for event in await self.log.read_entity(Entity(kind, key))]
        return [one for one in found if isinstance(one, fact)]

    async def until_landed(self, bead: str) -> None:
        with anyio.fail_after(10):
            async for chunk in self.log.follow():
                for event in (event for message in chunk for event in message):
                    if event.entity == Entity("bead", bead) and isinstance(event.envelope.data, BeadLanded):
                        return

    def begun(self) -> list[str]:
        """The sessions that the host was given."""
        return [key.partition(":")[2] for key in self.host.errands if key.startswith("run:")]

    async def works(self, bead: str) -> str:
        """The bead's next session, played to its landing. Returns it."""
        await self.host.errand(f"run:{bead}")
        (session,) = self.begun()
        polecat, refinery, submission = Owner("polecat", session), Owner("refinery", "app"), f"app.{session}"
        started = ReportAgentStarted(
            session=session, pid=4711, started=1, worktree="/w", branch=f"gt/{session}", base=BASE
        )
        await self.report(polecat, started, f"run:{session}")
        ended = ReportAgentEnded(session=session, outcome="submitted", reason="", base=BASE, commit=COMMIT)
        await self.report(polecat, ended, f"run:{session}")
        proven = ReportProven(submission=submission, number=1, base=BASE, candidate=CANDIDATE, land="push")
        await self.report(refinery, proven, f"prove:{submission}:")
        landing = ReportLanding(submission=submission, target_commit=CANDIDATE)
        await self.report(refinery, landing, f"land:{submission}:")
        await self.until_landed(bead)
        return session


class Lost(msgspec.Struct):
    """What is left of a town: its log; and a bead of it, with what was submitted for it."""

    log: MemoryEventLog
    incarnation: str
    config: RigConfig
    bead: str
    submission: str
    host: Any


async def lost_with_a_queue(open_town, stage) -> Lost:
    """The submission waits for its proof, or is just landing."""
    async with open_town() as town:
        await town.founded()
        bead = await town.bead()
        submission = await town.submitted(await town.started(bead))
        await town.host.errand(f"prove:{submission}:")
        if stage == "landing":
            proven = ReportProven(submission=submission, number=1, base=BASE, candidate=CANDIDATE, land="push")
            await town.report("refinery", "app", proven, f"prove:{submission}:")
            await town.host.errand(f"land:{submission}:")
        config = rigs.config(town.desk.store, "app")
    return Lost(town.desk.log, town.town.incarnation, config, bead, submission, type(town.host))


@asynccontextmanager
async def adopted(lost: Lost, tmp_path) -> AsyncIterator[NewMachine]:
    store, host = Store(tmp_path / "views.sqlite", VIEWS, "01NEW"), lost.host()
    restored = RestoreTown(
        name="springfield",
        incarnation="01NEW",
        of=lost.incarnation,
        position=lost.log.size,
        at=clock.now(),
        bare=True,
    )
    move = Move(to=restored, mark="new", why="adopted", hint="gt rig check {rig}", forsake=True)
    await Settling(lost.log, store, move).settle((RigPart(name="app", config=lost.config),))
    store.close()
    runtime = Runtime(lost.log, ROLES, owner_of, host, clock)
    async with anyio.create_task_group() as tasks:
        await tasks.start(runtime.run)
        await host.errand("find:app:new")
        yield NewMachine(lost.log, runtime, host)
        tasks.cancel_scope.cancel()


@pytest.mark.parametrize("stage", ["proving", "landing"])
async def test_what_was_in_the_queue_is_withdrawn_worked_on_anew_from_nothing_and_lands_once(
    open_town, tmp_path, stage
):
    lost = await lost_with_a_queue(open_town, stage)
    async with adopted(lost, tmp_path) as machine:
        (withdrawn,) = await machine.facts("submission", lost.submission, SubmissionWithdrawn)
        assert withdrawn.reason == "adopted"
        assert machine.begun() == []
        await machine.report(MAYOR, ReportLandings(rig="app"), "find:app:new")
        session = await machine.works(lost.bead)
        assert session == f"{lost.bead}-2-new"
        (opened,) = await machine.facts("session", session, SessionOpened)
        assert opened.earlier is None
        landed = await machine.facts("bead", lost.bead, BeadLanded)
        assert [one.submission for one in landed] == [f"app.{session}"]


@pytest.mark.parametrize("stage", ["proving", "landing"])
async def test_what_of_the_queue_had_landed_unheard_is_not_worked_on_again(open_town, tmp_path, stage):
    lost = await lost_with_a_queue(open_town, stage)
    async with adopted(lost, tmp_path) as machine:
        found = FoundLanding(bead=lost.bead, submission=lost.submission, commit=COMMIT, target_commit=CANDIDATE)
        await machine.report(MAYOR, ReportLandings(rig="app", found=(found,)), "find:app:new")
        await machine.until_landed(lost.bead)
        (landed,) = await machine.facts("bead", lost.bead, BeadLanded)
        assert landed.submission == lost.submission
        assert len(await machine.facts("bead", lost.bead, BeadAssigned)) == 1
