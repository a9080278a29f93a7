"""What the town answers to its host: orders that report what came of errands, and the host's hello."""

import anyio
import msgspec
import structlog

from gastown.actors.commands.codec import decode_order
from gastown.actors.kernel.role import Rejected
from gastown.actors.kernel.runtime import Runtime
from gastown.errors import GastownError

_log = structlog.get_logger()

SERVICE = "town"


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """ok: accepted. retry: not decided, send it again. Otherwise it was refused for good."""

    ok: bool
    retry: bool = False
    message: str = ""


class Reception:
    """`answer` is for `Commands.serve`."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime

    async def answer(self, payload: bytes) -> bytes:
        receipt = Receipt(ok=False, retry=True)
        with anyio.CancelScope(shield=True):  # a decision under way is finished also while the town stops
            receipt = await self._receipt(payload)
        return msgspec.json.encode(receipt)

    async def _receipt(self, payload: bytes) -> Receipt:
        if payload.startswith(b'{"hello"'):
            self._runtime.hand_over_again()
            return Receipt(ok=True)
        try:
            answer = await self._runtime.send(decode_order(payload))
        except msgspec.MsgspecError as error:
            _log.error("a report cannot be read", error=str(error))
            return Receipt(ok=False, message=str(error))
        except GastownError as error:
            return Receipt(ok=False, retry=True, message=error.message)
        if isinstance(answer, Rejected):
            return Receipt(ok=False, retry=answer.code == "bug", message=answer.reason)
        return Receipt(ok=True)
