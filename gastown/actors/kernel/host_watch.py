"""The town's side of its hosts' leases: who holds one stands in the log, how long ago it was heard only in memory."""

from collections.abc import Callable, Mapping
from typing import Protocol

import anyio

from gastown.actors.commands.command import Command, Order
from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.hosts import GreetHost, ReportFarewell, ReportHostHeard, ReportHostLost, ReportHostSilent
from gastown.actors.kernel.answer import Answer
from gastown.actors.kernel.role import Rejected
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.reports import LEASE, RENEW, Farewell, Hello, Receipt, Renewal
from gastown.errors import GastownError
from gastown.events import host, town
from gastown.events.ids import Entity, HostName
from gastown.loggers import get_logger

_log = get_logger()

TOWN = Entity(town.KIND, "town")


class HeldLease(Protocol):
    """As the Deacon knows it. silent: it has run out, over: it is heard no more; that is written down."""

    host: str
    epoch: int
    silent: bool
    over: bool


class HostWatch:
    """Enter `run` in a task group. Nothing is written while a host is heard, and nobody is ever killed from here."""

    def __init__(self, runtime: Runtime, lost_after: Callable[[], float]) -> None:
        """lost_after: seconds after which a host on another machine is given up."""
        self._runtime = runtime
        self._lost_after = lost_after
        self._quiet: dict[HostName, int] = {}  # looks since it was heard

    def lease(self, name: HostName = "") -> HeldLease:
        return self._runtime.state_of(DEACON).lease(name)

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            await anyio.sleep(RENEW)
            await self.look()

    async def look(self) -> None:
        """Has a lease run out? A look counts for RENEW seconds however late it comes: we may have been frozen too."""
        leases: Mapping[HostName, HeldLease] = self._runtime.state_of(DEACON).leases
        for name in ("", *(name for name in leases if name)):
            if not self.lease(name).over:
                await self._look_at(name)

    async def _look_at(self, name: HostName) -> None:
        lease = self.lease(name)
        self._quiet[name] = quiet = self._quiet.get(name, 0) + 1
        if quiet * RENEW > LEASE and not lease.silent:
            await self._say(name, ReportHostSilent(name=name, host=lease.host, epoch=lease.epoch, seconds=LEASE))
        elif name and lease.silent and quiet * RENEW > (seconds := self._lost_after()):
            await self._say(name, ReportHostLost(name=name, host=lease.host, epoch=lease.epoch, seconds=seconds))

    async def greet(self, name: HostName, hello: Hello) -> Receipt:
        """Grant the lease to a host that was never seen before; the one that holds it is told so again."""
        if hello.host != self.lease(name).host:
            command = GreetHost(name=name, host=hello.host, machine=hello.machine, slots=hello.slots)
            order = self._order(name, f"greet:{_actor(name)}:{hello.host}", _actor(name), command)
            try:
                answer = await self._runtime.send(order)
            except GastownError as error:
                return Receipt(ok=False, retry=True, message=error.message)
            if isinstance(answer, Rejected):
                is_bug = answer.code == "bug"
                return Receipt(ok=False, retry=is_bug, superseded=not is_bug, message=answer.reason)
        return await self.hear(name, hello.host, self.lease(name).epoch)

    async def renew(self, name: HostName, renewal: Renewal) -> Receipt:
        return await self.hear(name, renewal.host, renewal.epoch)

    async def part(self, name: HostName, farewell: Farewell) -> Receipt:
        """Of the one that holds this epoch. Its last word may be said again: the first answer may have been lost."""
        lease = self.lease(name)
        if farewell.over and lease.over and (lease.host, lease.epoch) == (farewell.host, farewell.epoch):
            return Receipt(ok=True, epoch=lease.epoch)
        receipt = await self.hear(name, farewell.host, farewell.epoch)
        if not receipt.ok:
            return receipt
        word = ReportFarewell(name=name, host=farewell.host, epoch=farewell.epoch, over=farewell.over)
        written = await self._tell(name, word) is not None
        return Receipt(ok=written, retry=not written, epoch=farewell.epoch)

    async def hear(self, name: HostName, host: str, epoch: int) -> Receipt:
        """A sign of life of the one that holds this epoch; of anybody else, that there is a later one."""
        lease = self.lease(name)
        if (lease.host, lease.epoch) != (host, epoch):
            message = f"host {lease.host} holds the lease, epoch {lease.epoch}"
            return Receipt(ok=False, superseded=True, message=message)
        if lease.over:
            return Receipt(ok=False, superseded=True, message=f"the lease of epoch {epoch} is over")
        self._quiet[name] = 0
        if lease.silent:
            await self._tell(name, ReportHostHeard(name=name, host=host, epoch=epoch))
        return Receipt(ok=True, epoch=epoch)

    async def _say(self, name: HostName, silence: ReportHostSilent | ReportHostLost) -> None:
        if await self._tell(name, silence) is None:
            self._quiet[name] = 0  # the log is away: whoever is to blame for the silence, it may not be the host

    async def _tell(self, name: HostName, command: Command) -> Answer | None:
        """None: the log is away."""
        order = self._order(name, self._runtime.clock.new_id(), "town", command)
        try:
            return await self._runtime.send(order)
        except GastownError as error:
            _log.warning("a host's lease cannot be written down", host=name, error=error.message)
            return None

    def _order(self, name: HostName, order_id: str, actor: str, command: Command) -> Order:
        """What happened last to the host is the cause; before any has come, what the town itself last went through."""
        entity = Entity(host.KIND, host.entity_id(name))
        thread = self._runtime.thread_of(DEACON, entity) or self._runtime.thread_of(DEACON, TOWN)
        cause, traceparent = (thread.event, thread.traceparent) if thread else ("", "")
        now = self._runtime.clock.now()
        return Order(
            id=order_id, to=DEACON, actor=actor, command=command, cause=cause, traceparent=traceparent, time=now
        )


def _actor(name: HostName) -> str:
    return f"host.{name}" if name else "host"
