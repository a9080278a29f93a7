"""Fifty workers race for the last dollar: the real roles and the real loop, on the in-memory log."""

import itertools
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Any

import anyio
import anyio.lowlevel
import msgspec

from gastown import clock
from gastown.actors.commands import accounts
from gastown.actors.commands import mayor as told
from gastown.actors.commands.budget import SetBudget
from gastown.actors.commands.command import Command, Order, Owner
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.polecat import ReportAgentEnded, ReportAgentStarted, ReportTurn
from gastown.actors.effects import Effect, EndSession, RunSession, TakeTurn
from gastown.actors.kernel.answer import Accepted
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.roles import ROLES, owner_of
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.events.agent import AgentSpec
from gastown.events.bead import BeadAssigned, BeadReturned
from gastown.events.escalation import EscalationRaised
from gastown.events.gate import TurnPermitted, TurnSettled
from gastown.events.rig import RigConfig
from gastown.events.turn import Usage

CONFIG = RigConfig(origin="/o", target="main", landing="main", prefix="ap")
WORKERS = 50
RESERVED = 0.04
BUDGET = 1.0
NOON = 20_000 * 86_400 + 43_200.0
PRICES = (0.01, 0.03, 0.04, 0.05, 0.09)
"""USD that turns come to, one after another: some less than reserved, some more than twice that."""


class Fleet:
    """A host whose agents never commit anything: each turn costs money and is followed by the next."""

    def __init__(self) -> None:
        self.runtime: Runtime | None = None
        self.prices = itertools.cycle(PRICES)
        self.turns = 0

    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        await anyio.lowlevel.checkpoint()
        match effect:
            case RunSession(session=session):
                started = ReportAgentStarted(session=session, pid=1, started=1, worktree="/w", branch="b", base="b0")
                await self.report(f"{effect.key}!1", session, started)
                await self.turn(session, 1)
            case TakeTurn(session=session, number=number):
                await self.turn(session, number)
            case EndSession(session=session, outcome=outcome):
                ended = ReportAgentEnded(session=session, outcome=outcome, reason=effect.reason)
                await self.report(effect.key, session, ended)
            case _:
                pass

    async def turn(self, session: str, number: int) -> None:
        self.turns += 1
        for _ in range(self.turns % 7):  # they end in another order than they began in
            await anyio.lowlevel.checkpoint()
        usage = Usage(fresh=1000, output=100, cost=next(self.prices))
        over = ReportTurn(session=session, number=number, at=NOON, end="done", usage=usage)
        await self.report(f"turn!{session}.{number}", session, over)

    async def report(self, key: str, session: str, command: Command) -> None:
        assert self.runtime is not None
        await self.runtime.send(Order(id=key, to=Owner("polecat", session), actor="host", command=command))


@asynccontextmanager
async def running(log: MemoryEventLog, fleet: Fleet) -> AsyncGenerator[Runtime]:
    runtime = fleet.runtime = Runtime(log, ROLES, owner_of, fleet, clock)
    async with anyio.create_task_group() as tasks:
        await tasks.start(runtime.run)
        yield runtime
        tasks.cancel_scope.cancel()


async def accepted(runtime: Runtime, command: Command) -> Accepted:
    answer = await runtime.send(Order(id=clock.new_id(), to=MAYOR, actor="overseer", command=command))
    assert isinstance(answer, Accepted), answer
    return answer


async def slung(runtime: Runtime, budget: float) -> None:
    spec = AgentSpec(name="cc", vendor="claude", tells_usage=True, turn_cost=RESERVED)
    setup = (told.AddRig(rig="app", config=CONFIG), accounts.AddAgent(spec=spec))
    for command in (*setup, told.ChangeSetting(name="max_polecats", value=WORKERS)):
        await accepted(runtime, command)
    await accepted(runtime, SetBudget(scope="town", amount=budget, at=NOON))
    created = [await accepted(runtime, told.CreateBead(title=f"t{n}", rig="app")) for n in range(WORKERS)]
    beads = tuple(one.events[0].entity.id for one in created)
    await accepted(runtime, told.SlingBeads(beads=beads, convoy="cv-1"))


async def at_rest(log: MemoryEventLog, runtime: Runtime) -> list[Any]:
    """All events, once nobody works, nothing is reserved, and a person has been asked."""
    with anyio.fail_after(30):
        while True:
            state = runtime.state_of(MAYOR)
            events = [event async for message in log.read() for event in message]
            asked = any(isinstance(event.envelope.data, EscalationRaised) for event in events)
            if asked and not state.active and not state.turns:
                return events
            await anyio.lowlevel.checkpoint()


class Figures(msgspec.Struct, kw_only=True):
    budget: float
    spent: float
    overshoot: float
    most_drawn: float
    turns: int
    sessions: int
    refused: int
    escalations: int


def figures(events: list[Any], budget: float) -> Figures:
    facts = [event.envelope.data for event in events]
    reserved: dict[str, float] = {}
    spent = most = 0.0
    for fact in facts:
        match fact:
            case BeadAssigned(session=session, reserved=amount) | TurnPermitted(session=session, reserved=amount):
                reserved[session] = amount
                assert spent + sum(reserved.values()) <= budget + 1e-6
            case TurnSettled(session=session, cost=cost):
                spent += cost
                del reserved[session]
            case _:
                pass
        most = max(most, spent + sum(reserved.values()))
    return Figures(
        budget=budget,
        spent=round(spent, 2),
        overshoot=round(max(0.0, spent - budget), 2),
        most_drawn=round(most, 2),
        turns=sum(isinstance(fact, TurnSettled) for fact in facts),
        sessions=sum(isinstance(fact, BeadAssigned) for fact in facts),
        refused=sum(isinstance(fact, BeadReturned) and fact.outcome == "over_budget" for fact in facts),
        escalations=sum(isinstance(fact, EscalationRaised) for fact in facts),
    )


async def test_fifty_workers_race_for_the_last_dollar(record_property):
    log, fleet = MemoryEventLog(), Fleet()
    async with running(log, fleet) as runtime:
        await slung(runtime, BUDGET)
        found = figures(await at_rest(log, runtime), BUDGET)
        assert found.turns == fleet.turns  # every turn that ever ran was settled, once
        at_once = int(BUDGET / RESERVED)
        assert found.spent + RESERVED > BUDGET  # it was used up
        assert found.overshoot <= at_once * (max(PRICES) - RESERVED)
        assert found.most_drawn <= BUDGET + at_once * (max(PRICES) - RESERVED)
        assert found.escalations == 1
        record_property("race", msgspec.to_builtins(found))

        await accepted(runtime, SetBudget(scope="town", amount=2 * BUDGET, at=NOON))  # all goes on by itself
        events = await at_rest(log, runtime)
        assert sum(fact.cost for event in events if isinstance(fact := event.envelope.data, TurnSettled)) > BUDGET
        assert len(events) > found.turns
