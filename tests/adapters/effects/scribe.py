"""A town that writes down every report."""

from typing import TypeVar

import anyio

from gastown.actors.commands.codec import decode_order
from gastown.actors.commands.command import Command, Order
from gastown.actors.reports import Report, decode_told

C = TypeVar("C", bound=Command)


class Town:
    """Writes down the reports it gets, and answers as it is told to. mute: it lets nobody wait for an answer."""

    def __init__(self) -> None:
        self.orders: list[Order] = []
        self.answer = b'{"ok":true}'
        self.mute = False
        self._news = anyio.Event()

    async def receive(self, payload: bytes) -> bytes:
        told = decode_told(payload)
        if not isinstance(told, Report):
            return b'{"ok":true,"epoch":1}'
        if self.mute:
            await anyio.sleep_forever()
        self.orders.append(decode_order(bytes(told.order)))
        self._news.set()
        self._news = anyio.Event()
        return self.answer

    def reports(self, kind: type[C]) -> list[C]:
        return [order.command for order in self.orders if isinstance(order.command, kind)]

    async def report(self, kind: type[C], number: int = 1) -> C:
        """The `number`th report of this kind; waits for it."""
        with anyio.fail_after(60):
            while len(self.reports(kind)) < number:
                await self._news.wait()
        return self.reports(kind)[number - 1]
