"""The town's side of the lease, on the in-memory log; time is counted in looks."""

from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager

import anyio
import msgspec
import pytest

from gastown import clock
from gastown.actors.commands.accounts import ReportDelay, ReportProgress
from gastown.actors.commands.codec import encode_order
from gastown.actors.commands.command import Command, Order, Owner
from gastown.actors.commands.deacon import DEACON, WantTown
from gastown.actors.commands.hosts import AdmitHost, InviteHost, RevokeHost
from gastown.actors.commands.mayor import MAYOR, CreateBead
from gastown.actors.commands.polecat import StopSession
from gastown.actors.effects import Effect, HoldWork
from gastown.actors.kernel.host_watch import HostWatch
from gastown.actors.kernel.reception import Reception
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.reports import LEASE, RENEW, Farewell, Hello, Receipt, Renewal, Report, Told
from gastown.actors.roles import ROLES, owner_of
from gastown.bus.event_log import LogUnavailableError
from gastown.bus.keys import new_user_key
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.events.codec import tag_of

TOO_MANY = int(LEASE // RENEW) + 1
LOST_AFTER = 60.0
A, B = Hello(host="a", machine="here"), Hello(host="b", machine="here")


class Nobody:
    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        assert isinstance(effect, HoldWork), effect


class Town:
    def __init__(self, log: MemoryEventLog, runtime: Runtime) -> None:
        self.log = log
        self.runtime = runtime
        self.watch = HostWatch(runtime, lambda: LOST_AFTER)
        self.reception = Reception(runtime, self.watch, {"ap-1-1": "east", "ap-2-1": "west"}.__getitem__)

    async def hears(self, told: Told, name: str = "") -> Receipt:
        answer = await self.reception.answer_to(name, msgspec.json.encode(told))
        return msgspec.json.decode(answer, type=Receipt)

    async def events(self) -> list[str]:
        return [tag_of(event.envelope.data) async for events in self.log.read() for event in events]

    async def tells(self, command: Command) -> None:
        await self.runtime.send(Order(id=clock.new_id(), to=DEACON, actor="overseer", command=command))

    async def has_host(self, name: str) -> None:
        invitation = InviteHost(name=name, invitation="i", digest="d", expires=2.0, slots=2, at=1.0)
        await self.tells(invitation)
        await self.tells(AdmitHost(name=name, invitation="i", digest="d", key=new_user_key().public, at=1.0))

    async def looks(self, times: int) -> None:
        for _ in range(times):
            await self.watch.look()


@asynccontextmanager
async def running(log: MemoryEventLog) -> AsyncGenerator[Town]:
    runtime = Runtime(log, ROLES, owner_of, Nobody(), clock)
    async with anyio.create_task_group() as tasks:
        await tasks.start(runtime.run)
        town = Town(log, runtime)
        yield town
        tasks.cancel_scope.cancel()


def report(epoch: int, order_id: str = "o1") -> Report:
    order = Order(id=order_id, to=MAYOR, actor="host", command=CreateBead(title="t", created_ns=1))
    return Report(epoch=epoch, order=msgspec.Raw(encode_order(order)))


async def test_a_host_is_granted_the_lease_once_and_its_renewals_are_not_written_down():
    async with running(MemoryEventLog()) as town:
        assert await town.hears(A) == Receipt(ok=True, epoch=1)
        assert await town.hears(A) == Receipt(ok=True, epoch=1)
        assert await town.hears(Renewal(host="a", epoch=1)) == Receipt(ok=True, epoch=1)
        assert await town.events() == ["host.arrived"]


async def test_after_a_successor_nothing_is_heard_of_the_earlier_host():
    async with running(MemoryEventLog()) as town:
        await town.hears(A)
        assert (await town.hears(B)).epoch == 2
        for late in (A, Renewal(host="a", epoch=1), report(1)):
            receipt = await town.hears(late)
            assert (receipt.ok, receipt.retry, receipt.superseded) == (False, False, True)
        assert await town.events() == ["host.arrived", "host.arrived"]
        assert (await town.hears(report(2))).ok


async def test_a_town_that_restarts_knows_who_holds_the_lease():
    log = MemoryEventLog()
    async with running(log) as town:
        await town.hears(A)
        await town.hears(B)
    async with running(log) as town:
        assert (await town.hears(Renewal(host="b", epoch=2))).ok
        assert (await town.hears(A)).superseded
        assert (await town.hears(report(2))).ok


async def test_a_silent_host_is_written_down_with_its_cause_and_goes_on_when_it_is_heard_again():
    async with running(MemoryEventLog()) as town:
        await town.hears(A)
        await town.looks(TOO_MANY)
        assert await town.events() == ["host.arrived", "host.silent", "escalation.raised"]
        await town.looks(TOO_MANY)
        assert (await town.hears(Renewal(host="a", epoch=1))).ok
        events = [event async for events in town.log.read() for event in events]
    ids = {tag_of(event.envelope.data): event.envelope.id for event in events}
    causes = {tag_of(event.envelope.data): event.envelope.cause for event in events}
    assert list(ids) == ["host.arrived", "host.silent", "escalation.raised", "host.returned", "escalation.closed"]
    assert causes["host.silent"] == causes["escalation.raised"] == ids["host.arrived"]
    assert causes["host.returned"] == ids["host.silent"]


async def test_a_host_that_is_heard_in_time_is_never_called_silent():
    async with running(MemoryEventLog()) as town:
        await town.hears(A)
        for sign in (A, Renewal(host="a", epoch=1), report(1)) * 3:
            await town.looks(TOO_MANY - 1)
            assert (await town.hears(sign)).ok
        assert "host.silent" not in await town.events()


async def test_that_no_host_comes_at_all_is_written_down_too():
    async with running(MemoryEventLog()) as town:
        await town.looks(TOO_MANY)
        assert await town.events() == ["host.silent", "escalation.raised"]
        await town.hears(A)
        assert (await town.events())[2:] == ["host.arrived", "escalation.closed"]


class AwayLog(MemoryEventLog):
    away = False

    async def append(self, batch):
        if self.away:
            raise LogUnavailableError("the log is away")
        return await super().append(batch)


async def test_while_the_log_is_away_silence_proves_nothing():
    async with running(log := AwayLog()) as town:
        await town.hears(A)
        log.away = True
        await town.looks(TOO_MANY)
        assert (await town.hears(B)).retry
        log.away = False
        await town.looks(TOO_MANY - 1)
        assert await town.events() == ["host.arrived"]
        assert (await town.hears(B)).epoch == 2


async def test_a_host_on_another_machine_has_a_lease_of_its_own():
    async with running(MemoryEventLog()) as town:
        assert (await town.hears(B, "east")).superseded
        await town.has_host("east")
        await town.hears(A)
        assert await town.hears(B, "east") == Receipt(ok=True, epoch=1)
        assert (await town.hears(A, "east")).superseded
        assert (await town.hears(B)).superseded
        assert [town.watch.lease(name).host for name in ("", "east")] == ["a", "b"]


async def test_one_that_is_silent_for_long_is_lost_and_what_it_says_then_is_not_heard():
    async with running(MemoryEventLog()) as town:
        await town.has_host("east")
        await town.hears(A)
        await town.hears(B, "east")
        for _ in range(int(LOST_AFTER // RENEW)):
            await town.hears(Renewal(host="a", epoch=1))
            await town.looks(1)
        assert "host.lost" not in await town.events()
        assert (await town.hears(Renewal(host="b", epoch=1), "east")).ok
        await town.looks(int(LOST_AFTER // RENEW) + 1)
        assert (await town.events()).count("host.lost") == 1
        for late in (B, Renewal(host="b", epoch=1), report(1)):
            assert (await town.hears(late, "east")).superseded
        assert (await town.hears(Hello(host="c", machine="there"), "east")).epoch == 2


async def test_one_that_is_taken_down_is_heard_until_its_last_word_and_never_called_silent_or_lost():
    async with running(MemoryEventLog()) as town:
        await town.has_host("east")
        await town.hears(A)
        await town.hears(B, "east")
        assert (await town.hears(Farewell(host="c", epoch=1, over=False), "east")).superseded
        assert (await town.hears(Farewell(host="b", epoch=1, over=False), "east")).ok
        assert (await town.hears(Renewal(host="b", epoch=1), "east")).ok
        for _ in range(2):  # its answer may be lost
            assert await town.hears(Farewell(host="b", epoch=1, over=True), "east") == Receipt(ok=True, epoch=1)
        assert (await town.hears(Renewal(host="b", epoch=1), "east")).superseded
        for _ in range(int(LOST_AFTER // RENEW) + 2):
            await town.hears(Renewal(host="a", epoch=1))
            await town.looks(1)
        written = [event for event in await town.events() if event.startswith(("host.", "escalation."))]
        assert written[-2:] == ["host.taken_down", "host.ended"]


@pytest.mark.parametrize(
    ("to", "command", "may"),
    [
        (Owner("polecat", "ap-1-1"), StopSession(session="ap-1-1", rig="app", bead="ap-1", reason="x"), True),
        (Owner("polecat", "ap-2-1"), StopSession(session="ap-2-1", rig="app", bead="ap-2", reason="x"), False),
        (MAYOR, ReportProgress(session="ap-1-1", number=1), True),
        (MAYOR, ReportProgress(session="ap-2-1", number=1), False),
        (MAYOR, CreateBead(title="t", created_ns=1), False),
        (DEACON, RevokeHost(name="west", by="overseer"), False),
    ],
)
async def test_one_on_another_machine_reports_of_its_own_sessions_alone(to, command, may):
    async with running(MemoryEventLog()) as town:
        await town.has_host("east")
        await town.hears(B, "east")
        order = Order(id="o", to=to, actor="overseer", command=command)
        receipt = await town.hears(Report(epoch=1, order=msgspec.Raw(encode_order(order))), "east")
        assert (receipt.ok, receipt.retry) == (may, False)
        written = [event.envelope async for events in town.log.read() for event in events][3:]
    wrote = isinstance(command, StopSession) and may
    assert {one.command for one in written if one.actor == "host.east"} == ({"o@east"} if wrote else set())
    assert "overseer" not in {one.actor for one in written}


@pytest.mark.parametrize("ahead", [300.0, -300.0])
async def test_what_another_machine_tells_is_dated_by_the_clock_of_the_town(ahead):
    """Its own is 5 minutes wrong; and the report lay there for 20 s. Whom its API refused is to wait from then on."""
    async with running(MemoryEventLog()) as town:
        heard: list[Order] = []
        reception = Reception(town.runtime, town.watch, {"ap-1-1": "east"}.__getitem__, amend=noted(heard))
        await town.has_host("east")
        await town.hears(B, "east")
        there = clock.now() + ahead
        command = ReportDelay(session="ap-1-1", at=there - 20, delay=60, failure="rate_limit")
        order = Order(id="o", to=MAYOR, actor="host", command=command, time=there - 20)
        told = Report(epoch=1, order=msgspec.Raw(encode_order(order)), sent=there)
        await reception.answer_to("east", msgspec.json.encode(told))
        (one,) = heard
        assert isinstance(one.command, ReportDelay)
        assert [round(clock.now() - at) for at in (one.time, one.command.at)] == [20, 20]


def noted(heard: list[Order]) -> Callable[[Order], Order]:
    def amend(order: Order) -> Order:
        heard.append(order)
        return order

    return amend


async def test_one_that_is_revoked_is_not_heard_any_more():
    async with running(MemoryEventLog()) as town:
        await town.has_host("east")
        await town.hears(B, "east")
        await town.tells(RevokeHost(name="east", by="overseer"))
        for late in (B, Renewal(host="b", epoch=1), Hello(host="c", machine="there")):
            receipt = await town.hears(late, "east")
            assert (receipt.ok, receipt.retry, receipt.superseded) == (False, False, True)


async def test_what_cannot_be_read_is_refused():
    async with running(MemoryEventLog()) as town:
        answer = await town.reception.answer(b'{"hello":true}')
        receipt = msgspec.json.decode(answer, type=Receipt)
        assert (receipt.ok, receipt.retry) == (False, False)


async def test_greeting_and_desired_state_do_not_get_into_each_others_way():
    async with running(MemoryEventLog()) as town:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(town.hears, A)
            tasks.start_soon(
                town.runtime.send, Order(id="w", to=DEACON, actor="overseer", command=WantTown(state="up"))
            )
        assert town.watch.lease().epoch == 1
