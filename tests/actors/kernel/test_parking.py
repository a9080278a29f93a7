"""What a newer version wrote parks what depends on it, and nothing else."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import pytest

from gastown import clock
from gastown.actors.commands import accounts
from gastown.actors.commands import mayor as told
from gastown.actors.commands.command import Command, Order, Owner
from gastown.actors.commands.deacon import DEACON, InstallTown, WantTown
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.polecat import DeclareDone, ReportAgentEnded, ReportAgentStarted
from gastown.actors.commands.refinery import Approve, ReportLanding, ReportProven
from gastown.actors.effects import Effect, LandCandidate, ProveCandidate, RunSession
from gastown.actors.kernel.answer import Accepted
from gastown.actors.kernel.role import Rejected
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.roles import ROLES, owner_of
from gastown.bus.event_log import Append
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.events.agent import AgentSpec
from gastown.events.codec import tag_of
from gastown.events.envelope import Envelope
from gastown.events.ids import Entity
from gastown.events.rig import RigConfig
from gastown.events.unreadable import Unreadable


class Hands:
    """Does at once what it is told, for the beads that are not `held`."""

    def __init__(self) -> None:
        self.runtime: Runtime | None = None
        self.given: list[str] = []
        self.held: set[str] = set()

    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        self.given.append(effect.key)
        if any(bead in effect.key for bead in self.held):
            return
        for number, (to, command) in enumerate(_reports(effect)):
            order = Order(id=f"{effect.key}!{number}", to=to, actor="host", command=command, cause=cause)
            assert self.runtime is not None
            await self.runtime.send(order)


def _reports(effect: Effect) -> list[tuple[Owner, Command]]:
    match effect:
        case RunSession(session=session):
            to = Owner("polecat", session)
            started = ReportAgentStarted(session=session, pid=1, started=1, worktree="/w", branch="b", base="b0")
            return [(to, started), (to, ReportAgentEnded(session=session, outcome="submitted", reason="", commit="c1"))]
        case ProveCandidate(submission=key, number=number, rig=rig):
            proven = ReportProven(submission=key, number=number, base="b0", candidate="k1", land="push")
            return [(Owner("refinery", rig), proven)]
        case LandCandidate(submission=key, rig=rig):
            return [(Owner("refinery", rig), ReportLanding(submission=key, target_commit="k1"))]
        case _:
            return []


class Player:
    """One life of a town."""

    def __init__(self, log: MemoryEventLog, runtime: Runtime, hands: Hands) -> None:
        self.log, self.runtime, self.hands = log, runtime, hands

    async def tell(self, command: Command, to: Owner = MAYOR) -> Accepted | Rejected:
        return await self.runtime.send(Order(id=clock.new_id(), to=to, actor="overseer", command=command))

    async def said(self, command: Command, to: Owner = MAYOR) -> Accepted:
        answer = await self.tell(command, to)
        assert isinstance(answer, Accepted), answer
        return answer

    async def bead(self, rig: str, **more: object) -> str:
        made = await self.said(told.CreateBead(title="t", rig=rig, created_ns=clock.now_ns(), **more))
        return made.events[0].entity.id

    async def lands(self, rig: str) -> str:
        bead = await self.bead(rig)
        await self.said(told.SlingBeads(beads=(bead,), convoy=f"cv-{bead}"))
        await self.seen("bead.landed", bead)
        return bead

    async def seen(self, tag: str, entity: str) -> None:
        with anyio.fail_after(5):
            async for chunk in self.log.follow():
                for event in (event for message in chunk for event in message):
                    if (tag_of(event.envelope.data), event.entity.id) == (tag, entity):
                        return


@asynccontextmanager
async def living(log: MemoryEventLog, *held: str) -> AsyncGenerator[Player]:
    hands = Hands()
    hands.held.update(held)
    runtime = hands.runtime = Runtime(log, ROLES, owner_of, hands, clock)
    async with anyio.create_task_group() as tasks:
        await tasks.start(runtime.run)
        yield Player(log, runtime, hands)
        tasks.cancel_scope.cancel()


async def a_town() -> tuple[MemoryEventLog, dict[str, str]]:
    """A log with two rigs: a bead that has landed, one at work, one slung that needs it, an open one."""
    log = MemoryEventLog()
    async with living(log) as town:
        await town.said(InstallTown(name="t", incarnation="01J"), DEACON)
        await town.said(WantTown(state="up"), DEACON)
        for rig in ("app", "lib"):
            await town.said(told.AddRig(rig=rig, config=RigConfig(origin="/o", target="m", landing="m", prefix=rig)))
        for agent in ("sh", "other"):
            await town.said(accounts.AddAgent(spec=AgentSpec(name=agent, vendor="shell", command="true")))
        await town.said(told.ChangeSetting(name="max_polecats", value=1))
        landed = await town.lands("app")
        working = await town.bead("app")
        town.hands.held.add(working)
        await town.said(told.SlingBeads(beads=(working,), convoy="cv-w"))
        await town.seen("session.opened", f"{working}-1")
        waiting = await town.bead("lib", needs=(working,))
        await town.said(told.SlingBeads(beads=(waiting,), convoy="cv-d"))
        return log, {"landed": landed, "working": working, "waiting": waiting, "open": await town.bead("app")}


async def write(log: MemoryEventLog, entity: Entity) -> None:
    """As a newer version would."""
    events = await log.read_entity(entity)
    raw = Unreadable(name=f"{entity.kind}.frozen", schema=1, raw=b'{"type":"%s.frozen"}' % entity.kind.encode(), why="")
    envelope = Envelope(
        id=clock.new_id(), time=1.0, actor="mayor/town", command="x", cause="", correlation="", traceparent="", data=raw
    )
    await log.append([Append(entity=entity, expected=events[-1].position if events else 0, envelopes=(envelope,))])


def is_parked(answer: Accepted | Rejected, what: str) -> bool:
    return isinstance(answer, Rejected) and f"{what} is parked" in answer.reason and "upgrade" in answer.hint


async def test_a_parked_bead_is_refused_and_the_others_go_on():
    log, beads = await a_town()
    parked = beads["open"]
    await write(log, Entity("bead", parked))
    async with living(log) as town:
        for command in (
            told.SlingBeads(beads=(beads["landed"], parked), convoy="cv-x"),
            told.UpdateBead(bead=parked, title="x"),
            told.UpdateBead(bead=beads["waiting"], add_needs=(parked,)),
            told.CloseBead(bead=parked),
            told.CreateBead(title="x", needs=(parked,)),
            told.OpenConvoy(convoy="cv-y", title="x", beads=(parked,)),
        ):
            assert is_parked(await town.tell(command), f"bead/{parked}"), command
        await town.seen("bead.landed", beads["waiting"])
        await town.lands("app")
        assert [*town.runtime.parking.escalations()] == [f"newer.bead.{parked}"]


async def test_a_parked_bead_at_work_keeps_no_place_is_not_run_and_is_not_done_for_those_that_need_it():
    log, beads = await a_town()
    parked = beads["working"]
    await write(log, Entity("bead", parked))
    async with living(log) as town:
        await town.lands("lib")
        assert [key for key in town.hands.given if parked in key] == []
        assert is_parked(
            await town.tell(DeclareDone(session=f"{parked}-1", status="completed"), Owner("polecat", f"{parked}-1")),
            f"bead/{parked}",
        )
        waits = await log.read_entity(Entity("bead", beads["waiting"]))
        assert tag_of(waits[-1].envelope.data) == "bead.slung"


async def test_a_parked_rig_stands_still_and_the_other_one_lands():
    log, beads = await a_town()
    await write(log, Entity("rig", "app"))
    async with living(log) as town:
        await town.said(told.ChangeSetting(name="max_polecats", value=8))  # its session keeps its place
        await town.lands("lib")
        assert [key for key in town.hands.given if key.startswith(("prove:app", "land:app"))] == []
        assert is_parked(await town.tell(told.LiftHold(cause="pause", rig="app")), "rig/app")
        assert is_parked(await town.tell(told.CreateBead(title="x", rig="app")), "rig/app")
        await town.said(told.SlingBeads(beads=(beads["open"],), rig="lib", convoy="cv-z"))


async def test_a_parked_target_lands_nothing_and_a_parked_submission_holds_nobody_up():
    log, beads = await a_town()
    async with living(log, "prove:app") as town:
        first, second = await town.bead("app"), await town.bead("app")
        await town.said(told.ChangeSetting(name="max_polecats", value=8))
        await town.said(told.SlingBeads(beads=(first, second), convoy="cv-2"))
        for bead in (first, second):
            await town.seen("submission.received", f"app.{bead}-1")
    await write(log, Entity("submission", f"app.{first}-1"))
    async with living(log) as town:
        await town.seen("bead.landed", second)
        approve = Approve(submission=f"app.{first}-1")
        assert is_parked(await town.tell(approve, Owner("refinery", "app")), f"submission/app.{first}-1")
    await write(log, Entity("target", "app"))
    async with living(log) as town:
        await town.said(told.SlingBeads(beads=(beads["open"],), convoy="cv-3"))
        await town.lands("lib")
        assert not any(key.startswith("prove:app") for key in town.hands.given)


async def test_a_parked_polecat_gets_no_work_and_another_does():
    log, _ = await a_town()
    await write(log, Entity("polecat", "app.toast"))
    async with living(log) as town:
        bead = await town.lands("app")
        opened = (await log.read_entity(Entity("session", f"{bead}-1")))[0].envelope.data
        assert opened.polecat != "toast"


async def test_a_parked_agent_gets_no_work_and_another_does():
    log, _ = await a_town()
    await write(log, Entity("agent", "sh"))
    async with living(log) as town:
        await town.said(told.ChangeSetting(name="max_polecats", value=8))  # what is at work keeps its place
        bead = await town.bead("lib")
        assert is_parked(await town.tell(told.SlingBeads(beads=(bead,), agent="sh", convoy="cv-4")), "agent/sh")
        await town.said(told.SlingBeads(beads=(bead,), agent="other", convoy="cv-4"))
        await town.seen("bead.landed", bead)


async def test_a_parked_convoy_does_not_keep_its_beads_from_landing():
    log, beads = await a_town()
    await write(log, Entity("convoy", "cv-d"))
    async with living(log) as town:
        await town.seen("bead.landed", beads["waiting"])
        extend = told.ExtendConvoy(convoy="cv-d", beads=(beads["open"],))
        assert is_parked(await town.tell(extend), "convoy/cv-d")


async def test_what_nobody_knows_parks_nothing_but_itself():
    log, _ = await a_town()
    for entity in (Entity("formula", "f"), Entity("bead", ""), Entity("bead", "app-new"), Entity("rig", "new")):
        await write(log, entity)
    async with living(log) as town:
        await town.lands("app")
        await town.lands("lib")
        assert is_parked(await town.tell(told.SlingBeads(beads=("app-new",), convoy="cv-5")), "bead/app-new")


async def test_a_newer_word_about_the_town_itself_stops_everything():
    log, _ = await a_town()
    await write(log, Entity("town", "town"))
    async with living(log) as town:
        assert is_parked(await town.tell(told.CreateBead(title="x", rig="app")), "town/town")
        assert is_parked(await town.tell(WantTown(state="down"), DEACON), "town/town")
        assert town.hands.given == []


@pytest.mark.parametrize("schema", [99, 0])
async def test_whichever_event_of_a_towns_life_is_not_readable_the_town_starts_and_works(schema):
    log, _ = await a_town()
    lives = [message async for message in log.read()]
    for broken in range(len(lives)):
        other = MemoryEventLog()
        last: dict[Entity, int] = {}
        for number, message in enumerate(lives):
            entity = message[0].entity
            envelopes = [event.envelope for event in message]
            if number == broken:
                raw = Unreadable(name=tag_of(envelopes[0].data), schema=schema, raw=b"{}", why="")
                envelopes[0] = Envelope(
                    **{name: getattr(envelopes[0], name) for name in Envelope.__struct_fields__[:-1]}, data=raw
                )
            (last[entity],) = await other.append(
                [Append(entity=entity, expected=last.get(entity, 0), envelopes=tuple(envelopes))]
            )
        async with living(other) as town:
            parked = town.runtime.parking.entities
            assert parked == {lives[broken][0].entity}
            if Entity("town", "town") in parked:
                continue
            await town.said(told.CreateBead(title="x"))
            await town.said(told.AddRig(rig="new", config=RigConfig(origin="/o", target="m", landing="m", prefix="nn")))
            await town.said(accounts.AddAgent(spec=AgentSpec(name="ag", vendor="shell", command="true")))
            await town.said(told.ChangeSetting(name="max_polecats", value=9)) if Entity(
                "settings", "town"
            ) not in parked else None
            bead = await town.bead("new")
            await town.said(told.SlingBeads(beads=(bead,), agent="ag", convoy="cv-n"))
            await town.seen("bead.landed", bead)
