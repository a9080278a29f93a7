"""The town's side of the lease, on the in-memory log; time is counted in looks."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import msgspec

from gastown import clock
from gastown.actors.commands.codec import encode_order
from gastown.actors.commands.command import Order
from gastown.actors.commands.deacon import DEACON, WantTown
from gastown.actors.commands.mayor import MAYOR, CreateBead
from gastown.actors.effects import Effect, HoldWork
from gastown.actors.kernel.host_watch import HostWatch
from gastown.actors.kernel.reception import Reception
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.reports import LEASE, RENEW, Hello, Receipt, Renewal, Report, Told
from gastown.actors.roles import ROLES, owner_of
from gastown.bus.event_log import LogUnavailableError
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.events.codec import tag_of

TOO_MANY = int(LEASE // RENEW) + 1
A, B = Hello(host="a", machine="here"), Hello(host="b", machine="here")


class Nobody:
    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        assert isinstance(effect, HoldWork), effect


class Town:
    def __init__(self, log: MemoryEventLog, runtime: Runtime) -> None:
        self.log = log
        self.runtime = runtime
        self.watch = HostWatch(runtime)
        self.reception = Reception(runtime, self.watch)

    async def hears(self, told: Told) -> Receipt:
        answer = await self.reception.answer(msgspec.json.encode(told))
        return msgspec.json.decode(answer, type=Receipt)

    async def events(self) -> list[str]:
        return [tag_of(event.envelope.data) async for events in self.log.read() for event in events]

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
        assert town.watch.lease.epoch == 1
