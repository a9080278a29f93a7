"""The town's side of the host's lease: who holds it stands in the log, how long ago it was heard only in memory."""

from typing import Protocol

import anyio
import structlog

from gastown.actors.commands.command import Command, Order
from gastown.actors.commands.deacon import DEACON, GreetHost, ReportHostHeard, ReportHostSilent
from gastown.actors.kernel.answer import Answer
from gastown.actors.kernel.role import Rejected
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.reports import LEASE, RENEW, Hello, Receipt, Renewal
from gastown.errors import GastownError
from gastown.events import town
from gastown.events.host import KIND
from gastown.events.ids import Entity

_log = structlog.get_logger()

HOST, TOWN = Entity(KIND, "host"), Entity(town.KIND, "town")


class HeldLease(Protocol):
    """As the Deacon knows it. silent: it has run out, and that is written down."""

    host: str
    epoch: int
    silent: bool


class HostWatch:
    """Enter `run` in a task group. Nothing is written while the host is heard, and nobody is ever killed from here."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._quiet = 0  # looks since it was heard

    @property
    def lease(self) -> HeldLease:
        return self._runtime.state_of(DEACON).lease

    async def run(self) -> None:
        """Look every few seconds, until cancelled."""
        while True:
            await anyio.sleep(RENEW)
            await self.look()

    async def look(self) -> None:
        """Has the lease run out? A look counts for RENEW seconds however late it comes: we may have been frozen too."""
        self._quiet += 1
        lease = self.lease
        if self._quiet * RENEW > LEASE and not lease.silent:
            await self._say_silent(lease)

    async def greet(self, hello: Hello) -> Receipt:
        """Grant the lease to a host that was never seen before; the one that holds it is told so again."""
        if hello.host != self.lease.host:
            order = self._order(f"greet:{hello.host}", "host", GreetHost(host=hello.host, machine=hello.machine))
            try:
                answer = await self._runtime.send(order)
            except GastownError as error:
                return Receipt(ok=False, retry=True, message=error.message)
            if isinstance(answer, Rejected) and answer.code == "bug":
                return Receipt(ok=False, retry=True, message=answer.reason)
        return await self.hear(hello.host, self.lease.epoch)

    async def renew(self, renewal: Renewal) -> Receipt:
        return await self.hear(renewal.host, renewal.epoch)

    async def hear(self, host: str, epoch: int) -> Receipt:
        """A sign of life of the one that holds this epoch; of anybody else, that there is a later one."""
        lease = self.lease
        if (lease.host, lease.epoch) != (host, epoch):
            message = f"host {lease.host} holds the lease, epoch {lease.epoch}"
            return Receipt(ok=False, superseded=True, message=message)
        self._quiet = 0
        if lease.silent:
            await self._tell(ReportHostHeard(host=host, epoch=epoch))
        return Receipt(ok=True, epoch=epoch)

    async def _say_silent(self, lease: HeldLease) -> None:
        silent = ReportHostSilent(host=lease.host, epoch=lease.epoch, seconds=LEASE)
        if await self._tell(silent) is None:
            self._quiet = 0  # the log is away: whoever is to blame for the silence, it may not be the host

    async def _tell(self, command: Command) -> Answer | None:
        """None: the log is away."""
        order = self._order(self._runtime.clock.new_id(), "town", command)
        try:
            return await self._runtime.send(order)
        except GastownError as error:
            _log.warning("the host's lease cannot be written down", error=error.message)
            return None

    def _order(self, order_id: str, actor: str, command: Command) -> Order:
        """What happened last to the host is the cause; before any has come, what the town itself last went through."""
        thread = self._runtime.thread_of(DEACON, HOST) or self._runtime.thread_of(DEACON, TOWN)
        cause, traceparent = (thread.event, thread.traceparent) if thread else ("", "")
        now = self._runtime.clock.now()
        return Order(
            id=order_id, to=DEACON, actor=actor, command=command, cause=cause, traceparent=traceparent, time=now
        )
