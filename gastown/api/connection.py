"""One caller's connection: lines in, lines out, on a plain socket.

The listening socket belongs to the daemon, and what asyncio and anyio offer for one would close or unlink it.
"""

import socket

import anyio

from gastown.api.protocol import INVALID_REQUEST, LONGEST_LINE, PARSE_ERROR, ProtocolError

_CHUNK = 1 << 16
_DRAIN_SECONDS = 2.0
_STALL_SECONDS = 60.0


class GoneError(Exception):
    """The caller is no longer there, or takes nothing more."""


async def accept(listener: socket.socket) -> socket.socket:
    """The next caller. `listener` must be non-blocking. Raises OSError (no descriptors left)."""
    while True:
        await anyio.wait_readable(listener)
        try:
            caller, _ = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            continue
        caller.setblocking(False)
        return caller


class Connection:
    """Lines of at most LONGEST_LINE bytes."""

    def __init__(self, caller: socket.socket) -> None:
        self._caller = caller
        self._rest = bytearray()
        self._writing = anyio.Lock()

    async def read_line(self) -> bytes:
        """The next line, b"" when the caller has ended. Raises ProtocolError (too long, or half a line), GoneError."""
        start = 0
        while True:
            end = self._rest.find(b"\n", start)
            if end >= 0:
                line = bytes(self._rest[: end + 1])
                del self._rest[: end + 1]
                return line
            start = len(self._rest)
            if start > LONGEST_LINE:
                msg = f"a message has at most {LONGEST_LINE} bytes, on one line"
                raise ProtocolError(INVALID_REQUEST, msg, "put long texts into the repository, and say where")
            part = await self._receive()
            if not part and self._rest:
                raise ProtocolError(PARSE_ERROR, "the message ends without an end of line")
            if not part:
                return b""
            self._rest += part

    async def _receive(self) -> bytes:
        while True:
            try:
                return self._caller.recv(_CHUNK)
            except BlockingIOError:
                await anyio.wait_readable(self._caller)
            except OSError as error:
                raise GoneError from error

    async def write(self, line: bytes) -> None:
        """Raises GoneError, also for one who reads nothing for a minute."""
        async with self._writing:
            rest = memoryview(line)
            while rest:
                try:
                    rest = rest[self._caller.send(rest) :]
                except BlockingIOError:
                    await self._room()
                except OSError as error:
                    raise GoneError from error

    async def _room(self) -> None:
        with anyio.move_on_after(_STALL_SECONDS) as stall:
            await anyio.wait_writable(self._caller)
        if stall.cancelled_caught:
            raise GoneError

    def remark(self, line: bytes) -> None:
        """Write a short line if there is room for it right now. Raises GoneError.

        Never waits, so it can be cancelled nowhere: half a line would spoil those after it.
        """
        if self._writing.locked():
            return
        try:
            self._caller.send(line)
        except BlockingIOError:
            return
        except OSError as error:
            raise GoneError from error

    async def refuse(self, line: bytes) -> None:
        """Say this as the last thing, and take what the caller is still sending, so that it gets to read it."""
        await self.write(line)
        with anyio.move_on_after(_DRAIN_SECONDS):
            self._caller.shutdown(socket.SHUT_WR)
            while await self._receive():
                pass
