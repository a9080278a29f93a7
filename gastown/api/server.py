"""Answers callers on the town's socket. Whatever a caller or a method does, the others are served."""

import socket
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

from gastown.api import protocol
from gastown.api.callers import serve_callers, while_there
from gastown.api.connection import Connection, GoneError
from gastown.api.desk import Desk
from gastown.api.methods import METHODS
from gastown.api.opening import opened
from gastown.errors import GastownError
from gastown.loggers import get_logger

_log = get_logger(__name__)

Write: TypeAlias = Callable[[bytes], Awaitable[None]]
"""Brings a line to the caller. Raises GoneError."""


async def serve(desk: Desk, listener: socket.socket) -> None:
    """Serve until cancelled. The listening socket is left open and bound: its owner hands it on."""
    listener.setblocking(False)

    async def answer(connection: Connection, line: bytes) -> bool:
        request = protocol.decode(line)
        said = await while_there(connection, lambda: carry_out(desk, request, connection.write))
        if said is None:
            raise GoneError
        await connection.write(said)
        return True

    await serve_callers(listener, answer)


async def carry_out(desk: Desk, request: protocol.Request, write: Write) -> bytes | None:
    """The answer, as a line; what comes before it is written. None: nobody takes it any more."""

    async def emit(params: Any) -> None:
        await write(protocol.item(params))

    try:
        method = METHODS.get(request.method)
        if method is None:
            return protocol.no_such_method(request)
        async with opened(desk, request, method, emit) as (call, params):
            reply = await method.run(call, params)
        of = call.of.shown() if call.of else None
        return protocol.result(request.id, reply.position, reply.data, of)
    except GastownError as error:
        return protocol.failure(request.id, error)
    except GoneError:
        return None
    except Exception as error:
        _log.exception("a method failed", method=request.method)
        return protocol.bug(request.id, f"{request.method}: {type(error).__name__}: {error}", "see logs/town.log")
