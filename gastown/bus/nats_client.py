"""nats-py's client with the traps of the pinned version (2.16.0) closed.

Every override names the trap. `tests/bus/test_nats_client.py` springs each of them.
"""

from contextlib import suppress
from typing import Any, cast

from gastown.bus.nats_library import PERMISSIONS_ERR, Client, Subscription, errors
from gastown.bus.nats_parser import DirectParser, Receive


class TrapFreeClient(Client):
    """A client that stays connected, or says at once that it is not."""

    def __init__(self) -> None:
        super().__init__()
        self._ps = self._parser = DirectParser(self)

    @property
    def server_id(self) -> str:
        """Of the server it is, or was last, connected to."""
        return str(self._server_info.get("server_id", ""))

    async def subscribe_direct(self, subject: str, receive: Receive) -> tuple[bytes, Subscription]:
        """Subscribe without nats-py's queue and task. Survives reconnects."""
        number = b"%d" % (self._sid + 1)  # what subscribe() takes next: known first, so that no message slips by
        self._parser.receivers[number] = receive
        try:
            return number, await self.subscribe(subject)  # pyright: ignore[reportUnknownMemberType]  an untyped future
        except BaseException:
            del self._parser.receivers[number]
            raise

    async def unsubscribe_direct(self, number: bytes, subscription: Subscription) -> None:
        self._parser.receivers.pop(number, None)
        if not self.is_closed:
            await subscription.unsubscribe()

    async def close(self) -> None:
        """A close that was cut short leaves the socket open, and the next one believes that all is done.

        What waits for the next connection is written to the last one, and breaks where that was by TLS.
        """
        if not self.is_connected:
            self._pending, self._pending_data_size = [], 0
        await super().close()
        if self._transport is not None:
            self._transport.close()
            with suppress(OSError):
                await self._transport.wait_closed()

    async def _process_pong(self) -> None:
        """The PONG of a flush or ping that was given up must not kill the read loop: its future is done already."""
        pongs = cast("list[Any]", self._pongs)  # pyright: ignore[reportUnknownMemberType]  untyped futures
        if pongs:
            pong = pongs.pop(0)
            if not pong.done():
                pong.set_result(True)
            self._pongs_received += 1
            self._pings_outstanding = 0

    async def _process_err(self, err_msg: str) -> None:
        """An error that the server announces closes nats-py's client for good; here it makes a new connection."""
        if PERMISSIONS_ERR in err_msg:
            await super()._process_err(err_msg)
            return
        error = errors.Error(f"nats: {err_msg}")
        await self._error_cb(error)
        await self._process_op_err(error)

    async def _read_loop(self) -> None:
        """A read loop that dies otherwise goes unnoticed until pings are missed: 10 to 15 s of silence."""
        await super()._read_loop()
        if self.is_connected:
            await self._process_op_err(errors.UnexpectedEOF())
