"""What the town answers to its hosts: reports of what came of errands, a host's hello and its signs of life."""

from collections.abc import Callable

import anyio
import msgspec

from gastown.actors.commands.accounts import ReportDelay, ReportProgress
from gastown.actors.commands.codec import decode_order
from gastown.actors.commands.command import Order
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.polecat import ReportAgentLost, ReportTurn
from gastown.actors.kernel.host_watch import HostWatch
from gastown.actors.kernel.role import Rejected
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.reports import Farewell, Hello, Receipt, Renewal, Report, decode_told
from gastown.errors import GastownError
from gastown.events.ids import HostName, SessionId
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

_log = get_logger()


class Reception:
    """`answer` is for `Commands.serve`: the host at home; `answer_to` for `serve_each`: each on another machine."""

    def __init__(
        self,
        runtime: Runtime,
        watch: HostWatch,
        where: Callable[[SessionId], HostName],
        amend: Callable[[Order], Order] | None = None,
    ) -> None:
        """where: which host a session is with. amend: adds to an order what the host does not know, and the decision is
        to see."""
        self._runtime = runtime
        self._where = where
        self._amend = amend
        self._watch = watch

    async def answer(self, payload: bytes) -> bytes:
        return await self.answer_to("", payload)

    async def answer_to(self, name: HostName, payload: bytes) -> bytes:
        receipt = Receipt(ok=False, retry=True)
        with anyio.CancelScope(shield=True):  # a decision under way is finished also while the town stops
            receipt = await self._receipt(name, payload)
        return msgspec.json.encode(receipt)

    async def _receipt(self, name: HostName, payload: bytes) -> Receipt:
        try:
            match decode_told(payload):
                case Hello() as hello:
                    return await self._greet(name, hello)
                case Renewal() as renewal:
                    return await self._watch.renew(name, renewal)
                case Farewell() as farewell:
                    return await self._watch.part(name, farewell)
                case Report() as report:
                    return await self._take(name, report)
        except NOT_JSON as error:
            _log.error("a report cannot be read", error=str(error))
            return Receipt(ok=False, message=str(error))
        except GastownError as error:
            return Receipt(ok=False, retry=True, message=error.message)

    async def _greet(self, name: HostName, hello: Hello) -> Receipt:
        receipt = await self._watch.greet(name, hello)
        if receipt.ok:
            self._runtime.hand_over_again(name)
        return receipt

    async def _take(self, name: HostName, report: Report) -> Receipt:
        """Only from the holder: what another says may be older than what has become of the matter since."""
        receipt = await self._watch.hear(name, self._watch.lease(name).host, report.epoch)
        if not receipt.ok:
            return receipt
        order = decode_order(bytes(report.order))
        if name:
            session = _session_of(order)
            if session is None or self._where(session) != name:
                _log.error("a host reports what is not its own", host=name, to=str(order.to))
                return Receipt(ok=False, message=f"that is not for host {name} to report")
            order = _by_clock_of(self._runtime.clock.now(), report.sent, _as_of(name, order))
        answer = await self._runtime.send(self._amend(order) if self._amend else order)
        if isinstance(answer, Rejected):
            return Receipt(ok=False, retry=answer.code == "bug", message=answer.reason)
        return Receipt(ok=True)


def _session_of(order: Order) -> SessionId | None:
    """Whose report it is; None: no session's."""
    if order.to == MAYOR and isinstance(order.command, ReportProgress | ReportDelay):
        return order.command.session
    return order.to.id if order.to.role == "polecat" else None


def _as_of(name: HostName, order: Order) -> Order:
    """Another machine says neither in whose name it speaks, nor under which id the answer is remembered."""
    return msgspec.structs.replace(order, id=f"{order.id}@{name}", actor=f"host.{name}")


def _by_clock_of(town: float, sent: float, order: Order) -> Order:
    """With its times by the clock of the town, where it is `town` and was `sent` by the host's: an account waits by it.

    Exact but for the way here. A report that lay there for long is as old as it is.
    """
    if not sent:
        return order
    ahead, command = town - sent, order.command
    if isinstance(command, ReportTurn | ReportAgentLost | ReportDelay):
        command = msgspec.structs.replace(command, at=command.at + ahead)
    return msgspec.structs.replace(order, command=command, time=order.time + ahead if order.time else 0.0)
