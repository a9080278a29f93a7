"""The socket of an outer host: what its agents call is brought to the town, and the answer back.

Agents call as they would at home. While the town cannot be reached a call waits, as one does while a town restarts.
"""

import os
import socket
from collections.abc import Generator
from contextlib import contextmanager

import anyio
import msgspec

from gastown import durable
from gastown.api import protocol
from gastown.api.callers import serve_callers, while_there
from gastown.api.connection import Connection
from gastown.bus.commands import Commands
from gastown.bus.gate_protocol import DOOR, DoorAnswer
from gastown.clock import monotonic
from gastown.config import TownConfig
from gastown.errors import GastownError, UnreachableError
from gastown.not_json import NOT_JSON

PATIENCE = 120.0
"""Seconds that a call waits for a town that does not answer."""
_TURN = 30.0  # seconds for one answer; the town gives one after 25, be it that it is not done yet
_PAUSE = 0.5  # seconds


@contextmanager
def bound(town: TownConfig) -> Generator[socket.socket]:
    """The host's socket, private to the user; where it is stands in `run/socket`, as a town's does."""
    path = town.socket_path()
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listener.bind(str(path))
    finally:
        os.umask(before)
    listener.listen(512)
    listener.setblocking(False)
    durable.write(town.run / "socket", str(path).encode())
    try:
        with listener:
            yield listener
    finally:
        path.unlink(missing_ok=True)


class Doorstep:
    def __init__(self, commands: Commands, host: str) -> None:
        self._commands = commands
        self._service = f"{DOOR}.{host}"

    async def serve(self, listener: socket.socket) -> None:
        """Until cancelled."""
        await serve_callers(listener, self._pass_on)

    async def _pass_on(self, connection: Connection, line: bytes) -> bool:
        """Whether it was answered to the end. One that is not calls again, and says how far it got."""
        answer = await while_there(connection, lambda: self._answer(line))
        await connection.write(answer.lines)
        return answer.over

    async def _answer(self, line: bytes) -> DoorAnswer:
        deadline = monotonic() + PATIENCE
        while True:
            try:
                payload = await self._commands.request(self._service, line, patience=_TURN)
                answer = msgspec.msgpack.decode(payload, type=DoorAnswer)
            except UnreachableError:
                if monotonic() > deadline:
                    return _failure(line, UnreachableError("the town cannot be reached from here just now"))
                await anyio.sleep(_PAUSE)
            except (GastownError, *NOT_JSON) as error:
                return _failure(line, UnreachableError(f"the town's answer cannot be taken: {error}"))
            else:
                if answer.over or answer.lines:
                    return answer
                deadline = monotonic() + PATIENCE


def _failure(line: bytes, error: GastownError) -> DoorAnswer:
    try:
        asked = protocol.decode(line).id
    except protocol.ProtocolError as broken:
        return DoorAnswer(protocol.broken(broken), over=True)
    return DoorAnswer(protocol.failure(asked, error), over=True)
