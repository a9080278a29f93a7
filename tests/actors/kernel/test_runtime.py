"""The one impure loop, on the in-memory log: answers, repeats, recovery, effects."""

import itertools
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import anyio
import pytest

from gastown import clock
from gastown.actors.commands import accounts
from gastown.actors.commands import mayor as told
from gastown.actors.commands.command import Command, Order, Owner
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.polecat import ReportAgentEnded, ReportAgentStarted
from gastown.actors.commands.refinery import ReportLanding, ReportProven
from gastown.actors.effects import Effect, LandCandidate, ProveCandidate, RunSession
from gastown.actors.kernel.answer import Accepted
from gastown.actors.kernel.role import Rejected
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.roles import ROLES, owner_of
from gastown.bus.event_log import EventLog, LogUnavailableError
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.events.agent import AgentSpec
from gastown.events.bead import BeadCreated
from gastown.events.codec import tag_of
from gastown.events.envelope import Recorded
from gastown.events.rig import RigConfig

CONFIG = RigConfig(origin="/o", target="main", landing="main", prefix="ap")


class Hands:
    """A performer that does what it is told to at once, or keeps it for later when `idle`."""

    def __init__(self) -> None:
        self.runtime: Runtime | None = None
        self.idle = False
        self.given: list[str] = []
        self.arrived = anyio.Event()

    def runs(self) -> list[str]:
        """The sessions among it."""
        return [key for key in self.given if key.startswith("run:")]

    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        self.given.append(effect.key)
        self.arrived.set()
        self.arrived = anyio.Event()
        if not self.idle:
            for number, (to, command) in enumerate(_reports(effect)):
                order = Order(
                    id=f"{effect.key}!{number}",
                    to=to,
                    actor="host",
                    command=command,
                    cause=cause,
                    traceparent=traceparent,
                )
                assert self.runtime is not None
                await self.runtime.send(order)


def _reports(effect: Effect) -> list[tuple[Owner, Command]]:
    match effect:
        case RunSession(session=session):
            to = Owner("polecat", session)
            started = ReportAgentStarted(session=session, pid=1, started=1, worktree="/w", branch="b", base="b0")
            ended = ReportAgentEnded(session=session, outcome="submitted", reason="", base="b0", commit="c1")
            return [(to, started), (to, ended)]
        case ProveCandidate(submission=key, number=number, rig=rig):
            proven = ReportProven(submission=key, number=number, base="b0", candidate="k1", land="push")
            return [(Owner("refinery", rig), proven)]
        case LandCandidate(submission=key, rig=rig):
            return [(Owner("refinery", rig), ReportLanding(submission=key, target_commit="k1"))]
        case _:
            return []


@asynccontextmanager
async def running(log: EventLog, hands: Hands) -> AsyncGenerator[Runtime]:
    runtime = hands.runtime = Runtime(log, ROLES, owner_of, hands, clock)
    async with anyio.create_task_group() as tasks:
        await tasks.start(runtime.run)
        yield runtime
        tasks.cancel_scope.cancel()


_ids = itertools.count()


def order(command: Command, order_id: str = "") -> Order:
    return Order(id=order_id or f"o{next(_ids)}", to=MAYOR, actor="overseer", command=command)


async def accepted(runtime: Runtime, command: Command, order_id: str = "") -> Accepted:
    answer = await runtime.send(order(command, order_id))
    assert isinstance(answer, Accepted), answer
    return answer


async def a_slung_bead(runtime: Runtime) -> str:
    await accepted(runtime, told.AddRig(rig="app", config=CONFIG))
    await accepted(runtime, accounts.AddAgent(spec=AgentSpec(name="sh", vendor="shell", command="true")))
    created = await accepted(runtime, told.CreateBead(title="t", rig="app"))
    bead = created.events[0].entity.id
    await accepted(runtime, told.SlingBeads(beads=(bead,), convoy="cv-1"))
    return bead


async def everything(log: EventLog) -> list[Recorded]:
    return [event async for events in log.read() for event in events]


async def seen(log: EventLog, tag: str, bead: Callable[[Recorded], bool] = lambda _: True) -> None:
    """Until an event of this type stands in the log."""
    with anyio.fail_after(5):
        async for chunk in log.follow():
            if any(tag_of(event.envelope.data) == tag and bead(event) for events in chunk for event in events):
                return


async def test_a_bead_goes_from_sling_to_landed_and_every_event_has_a_cause():
    log, hands = MemoryEventLog(), Hands()
    async with running(log, hands) as runtime:
        bead = await a_slung_bead(runtime)
        await seen(log, "submission.settled")
        await seen(log, "session.settled")
    events = await everything(log)
    ids = {event.envelope.id for event in events}
    assert all(event.envelope.cause in ids or event.envelope.actor == "overseer" for event in events)
    traces = {event.envelope.correlation for event in events if bead in event.entity.id}
    assert len(traces) == 2  # the request that made it and the sling; all that followed belongs to the sling
    assert [tag_of(event.envelope.data) for event in events if event.entity.id == bead] == [
        "bead.created",
        "bead.slung",
        "bead.assigned",
        "bead.started",
        "bead.submitted",
        "bead.landed",
    ]


async def test_the_same_command_id_gets_the_first_answer_also_after_a_restart():
    log = MemoryEventLog()
    async with running(log, Hands()) as runtime:
        first = await accepted(runtime, told.CreateBead(title="once"), "same")
        assert await accepted(runtime, told.CreateBead(title="once"), "same") == first
    async with running(log, Hands()) as runtime:
        assert await accepted(runtime, told.CreateBead(title="once"), "same") == first
    assert len(await everything(log)) == 1


async def test_a_refusal_leaves_no_event():
    log = MemoryEventLog()
    async with running(log, Hands()) as runtime:
        answer = await runtime.send(order(told.CloseBead(bead="ap-1")))
    assert isinstance(answer, Rejected)
    assert await everything(log) == []


async def test_what_was_due_when_the_town_died_is_done_after_its_restart():
    log, hands = MemoryEventLog(), Hands()
    hands.idle = True
    async with running(log, hands) as runtime:
        bead = await a_slung_bead(runtime)
        await seen(log, "session.opened")
    again = Hands()
    async with running(log, again) as runtime:
        await seen(log, "submission.settled")
        await seen(log, "session.settled")
    assert again.runs() == [f"run:{bead}-1"]
    tags = [tag_of(event.envelope.data) for event in await everything(log)]
    assert tags.count("bead.landed") == 1


async def test_a_host_that_says_hello_is_handed_everything_due_again():
    log, hands = MemoryEventLog(), Hands()
    hands.idle = True
    async with running(log, hands) as runtime:
        bead = await a_slung_bead(runtime)
        with anyio.fail_after(5):
            while hands.runs() != [f"run:{bead}-1"]:
                await hands.arrived.wait()
            runtime.hand_over_again("")
            while hands.runs() != [f"run:{bead}-1"] * 2:
                await hands.arrived.wait()


async def test_cycles_that_race_are_refused_one_of_them():
    log = MemoryEventLog()
    async with running(log, Hands()) as runtime:
        keys = [(await accepted(runtime, told.CreateBead(title=t))).events[0].entity.id for t in "ab"]
        answers = []

        async def need(one: str, other: str) -> None:
            answers.append(await runtime.send(order(told.UpdateBead(bead=one, add_needs=(other,)))))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(need, *keys)
            tasks.start_soon(need, *reversed(keys))
    assert sorted(type(answer).__name__ for answer in answers) == ["Accepted", "Rejected"]


class FlakyLog(MemoryEventLog):
    """The first append of each command fails, as when the server restarts."""

    def __init__(self) -> None:
        super().__init__()
        self.failed: set[str] = set()

    async def append(self, batch):
        command = batch[0].envelopes[0].command
        if command not in self.failed:
            self.failed.add(command)
            raise LogUnavailableError("the log is away")
        return await super().append(batch)


async def test_an_unavailable_log_is_told_to_people_and_waited_for_by_the_town_itself():
    log, hands = FlakyLog(), Hands()
    hands.idle = True
    async with running(log, hands) as runtime:
        for command in (
            told.AddRig(rig="app", config=CONFIG),
            accounts.AddAgent(spec=AgentSpec(name="sh", vendor="shell", command="true")),
            told.CreateBead(title="t", rig="app", created_ns=1),
        ):
            with pytest.raises(LogUnavailableError):
                await runtime.send(order(command, f"id-{type(command).__name__}"))
            answer = await accepted(runtime, command, f"id-{type(command).__name__}")
        bead = answer.events[0].entity.id
        with pytest.raises(LogUnavailableError):
            await runtime.send(order(told.SlingBeads(beads=(bead,), convoy="cv-1"), "sling"))
        await accepted(runtime, told.SlingBeads(beads=(bead,), convoy="cv-1"), "sling")
        await seen(log, "session.opened")


async def test_a_bug_in_a_role_is_told_and_the_owner_goes_on():
    log = MemoryEventLog()
    async with running(log, Hands()) as runtime:
        answer = await runtime.send(
            Order(id="x", to=MAYOR, actor="overseer", command=told.ReportStarted(bead="nope", session="s", polecat="p"))
        )
        assert isinstance(answer, Rejected)
        assert answer.code == "bug"
        created = await accepted(runtime, told.CreateBead(title="still here"))
    assert isinstance(created.events[0].envelope.data, BeadCreated)


async def test_a_town_that_restarts_remembers_what_landed():
    log, hands = MemoryEventLog(), Hands()
    async with running(log, hands) as runtime:
        bead = await a_slung_bead(runtime)
        await seen(log, "submission.settled")
    async with running(log, Hands()) as runtime:
        again = await runtime.send(order(told.SlingBeads(beads=(bead,), convoy="cv-2")))
    assert isinstance(again, Rejected)
    assert "landed" in again.reason
