"""Calls of agents on other machines, brought by their host: only such as a session that runs there may make.

A host speaks for nobody but the sessions that were given to it, and for none without its token. In particular it is
not the Overseer, whoever calls on its machine.
"""

from collections.abc import Callable

import anyio
import msgspec

from gastown.api import protocol
from gastown.api.desk import Desk
from gastown.api.server import carry_out
from gastown.bus.gate_protocol import DoorAnswer
from gastown.bus.sizes import LARGEST_MESSAGE
from gastown.errors import RefusedError
from gastown.events.ids import HostName, SessionId

TURN = 25.0
"""Seconds after which a call that lasts is broken off, to be made again: who asked may be gone, and cannot say so."""
_ROOM = LARGEST_MESSAGE - 64 * 1024

HostOf = Callable[[SessionId], HostName | None]
"""The host that a session was given to; None: there is no such session at work."""


class Door:
    """`answer` is for `Commands.serve_each`."""

    def __init__(self, desk: Desk, host_of: HostOf) -> None:
        self._desk = desk
        self._host_of = host_of

    async def answer(self, host: HostName, line: bytes) -> bytes:
        try:
            request = protocol.decode(line)
        except protocol.ProtocolError as error:
            return _answer([protocol.broken(error)], over=True)
        refusal = self._refusal(host, request)
        if refusal is not None:
            return _answer([protocol.failure(request.id, refusal)], over=True)
        return await self._carried_out(request)

    def _refusal(self, host: HostName, request: protocol.Request) -> RefusedError | None:
        """That the token is the session's is looked at where every call's is."""
        session = request.params.get("session", "")
        if not session:
            msg = f"on the machine of host {host} only its agents call"
            return RefusedError(msg, "ask the town on its own machine")
        if not isinstance(session, str) or self._host_of(session) != host:
            return RefusedError(f"session {session} does not run on host {host}", "gt sessions, at home, says where")
        return None

    async def _carried_out(self, request: protocol.Request) -> bytes:
        lines: list[bytes] = []

        async def write(line: bytes) -> None:
            lines.append(line)

        with anyio.move_on_after(TURN):
            last = await carry_out(self._desk, request, write)
            return _bounded(request, [*lines, last] if last else lines)
        return _answer(lines, over=False)


def _bounded(request: protocol.Request, lines: list[bytes]) -> bytes:
    if sum(map(len, lines)) <= _ROOM:
        return _answer(lines, over=True)
    much = RefusedError(f"the answer to {request.method} is too long for another machine", "ask for less of it")
    return _answer([protocol.failure(request.id, much)], over=True)


def _answer(lines: list[bytes], *, over: bool) -> bytes:
    return msgspec.msgpack.encode(DoorAnswer(lines=b"".join(lines), over=over))
