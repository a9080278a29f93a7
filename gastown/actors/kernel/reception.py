"""What the town answers to its host: reports of what came of errands, the host's hello and its signs of life."""

from collections.abc import Callable

import anyio
import msgspec
import structlog

from gastown.actors.commands.codec import decode_order
from gastown.actors.commands.command import Order
from gastown.actors.kernel.host_watch import HostWatch
from gastown.actors.kernel.role import Rejected
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.reports import Hello, Receipt, Renewal, Report, decode_told
from gastown.errors import GastownError
from gastown.not_json import NOT_JSON

_log = structlog.get_logger()


class Reception:
    """`answer` is for `Commands.serve`."""

    def __init__(self, runtime: Runtime, watch: HostWatch, amend: Callable[[Order], Order] | None = None) -> None:
        """amend: adds to an order what the host does not know, and the decision is to see."""
        self._runtime = runtime
        self._amend = amend
        self._watch = watch

    async def answer(self, payload: bytes) -> bytes:
        receipt = Receipt(ok=False, retry=True)
        with anyio.CancelScope(shield=True):  # a decision under way is finished also while the town stops
            receipt = await self._receipt(payload)
        return msgspec.json.encode(receipt)

    async def _receipt(self, payload: bytes) -> Receipt:
        try:
            match decode_told(payload):
                case Hello() as hello:
                    return await self._greet(hello)
                case Renewal() as renewal:
                    return await self._watch.renew(renewal)
                case Report() as report:
                    return await self._take(report)
        except NOT_JSON as error:
            _log.error("a report cannot be read", error=str(error))
            return Receipt(ok=False, message=str(error))
        except GastownError as error:
            return Receipt(ok=False, retry=True, message=error.message)

    async def _greet(self, hello: Hello) -> Receipt:
        receipt = await self._watch.greet(hello)
        if receipt.ok:
            self._runtime.hand_over_again()
        return receipt

    async def _take(self, report: Report) -> Receipt:
        """Only from the holder: what another says may be older than what has become of the matter since."""
        receipt = await self._watch.hear(self._watch.lease.host, report.epoch)
        if not receipt.ok:
            return receipt
        order = decode_order(bytes(report.order))
        answer = await self._runtime.send(self._amend(order) if self._amend else order)
        if isinstance(answer, Rejected):
            return Receipt(ok=False, retry=answer.code == "bug", message=answer.reason)
        return Receipt(ok=True)
