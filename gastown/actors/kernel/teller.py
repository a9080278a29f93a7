"""Owner to owner: an order is repeated until it is answered; one that is refused is parked where a person sees it."""

from collections.abc import Awaitable, Callable
from typing import TypeAlias

import anyio

from gastown.actors.commands.command import Command, Order, Owner
from gastown.actors.commands.deacon import DEACON, RaiseEscalation
from gastown.actors.effects import RemindAt, Tell
from gastown.actors.kernel.answer import Answer
from gastown.actors.kernel.ports import Clock
from gastown.actors.kernel.role import Rejected
from gastown.errors import GastownError
from gastown.loggers import get_logger

_log = get_logger()

Send: TypeAlias = Callable[[Order], Awaitable[Answer]]

FIRST_WAIT, LONGEST_WAIT = 0.1, 2.0  # seconds between repeats
BUGS = 5
"""How often an order is repeated to a role that fails on it, before it is parked."""


class Teller:
    def __init__(self, send: Send, clock: Clock) -> None:
        self._send = send
        self._clock = clock

    async def tell(self, owner: Owner, effect: Tell, cause: str, traceparent: str) -> None:
        """Every message in turn, then `then` to the teller. Returns early when a message is refused."""
        for index, message in enumerate(effect.messages):
            order = self._order(f"{effect.key}#{index}", message.to, owner, message.command, cause, traceparent)
            if not await self._deliver(order, effect):
                return
        if effect.then is not None:
            await self._deliver(
                self._order(f"{effect.key}#then", owner, owner, effect.then, cause, traceparent), effect
            )

    async def remind(self, owner: Owner, effect: RemindAt, cause: str, traceparent: str) -> None:
        await anyio.sleep(max(0.0, effect.at - self._clock.now()))
        order = self._order(effect.key, owner, owner, effect.command, cause, traceparent)
        await self._insist(order)

    def _order(self, order_id: str, to: Owner, sender: Owner, command: Command, cause: str, traceparent: str) -> Order:
        return Order(
            id=order_id,
            to=to,
            actor=str(sender),
            command=command,
            cause=cause,
            traceparent=traceparent,
            time=self._clock.now(),
        )

    async def _deliver(self, order: Order, effect: Tell) -> bool:
        answer = await self._insist(order)
        if not isinstance(answer, Rejected):
            return True
        _log.error("an owner refused what another told it", order=order.id, to=str(order.to), reason=answer.reason)
        raised = RaiseEscalation(
            escalation=f"parked.{order.id}",
            about=effect.about,
            severity="high",
            reason=f"{order.to} refused {order.id}: {answer.reason}",
            hint=answer.hint,
        )
        await self._insist(self._order(f"park:{order.id}", DEACON, order.to, raised, order.cause, order.traceparent))
        return False

    async def _insist(self, order: Order) -> Answer:
        """Send until there is an answer; the log may be away for as long as it likes."""
        wait, bugs = FIRST_WAIT, 0
        while True:
            try:
                answer = await self._send(order)
            except GastownError as error:
                _log.warning("not answered yet", order=order.id, error=error.message)
            else:
                if not (isinstance(answer, Rejected) and answer.code == "bug" and bugs < BUGS):
                    return answer
                bugs += 1
            await anyio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
