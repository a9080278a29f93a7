"""Answers callers on the town's socket. Whatever a caller or a method does, the others are served."""

import socket
from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import anyio
import structlog

from gastown.api import protocol
from gastown.api.connection import Connection, GoneError, accept
from gastown.api.desk import Desk
from gastown.api.methods import METHODS
from gastown.api.opening import opened
from gastown.errors import GastownError

_BREATH = 0.2  # seconds to wait when no further connection can be taken
_SIGN_OF_LIFE = 5.0  # seconds; callers give up after 30 without one

_log = structlog.get_logger(__name__)

Write: TypeAlias = Callable[[bytes], Awaitable[None]]
"""Brings a line to the caller. Raises GoneError."""


async def serve(desk: Desk, listener: socket.socket) -> None:
    """Serve until cancelled. The listening socket is left open and bound: its owner hands it on."""
    listener.setblocking(False)
    async with anyio.create_task_group() as callers:
        while True:
            try:
                caller = await accept(listener)
            except OSError as error:
                _log.error("no further caller can be taken", error=str(error))
                await anyio.sleep(_BREATH)
                continue
            callers.start_soon(_converse, desk, caller)


async def _converse(desk: Desk, caller: socket.socket) -> None:
    with caller:
        connection = Connection(caller)
        try:
            while line := await connection.read_line():
                await _answer(desk, connection, protocol.decode(line))
        except protocol.ProtocolError as error:
            await _refuse(connection, protocol.broken(error))
        except GoneError:
            return


async def _refuse(connection: Connection, line: bytes) -> None:
    try:
        await connection.refuse(line)
    except (GoneError, OSError):
        return


async def _answer(desk: Desk, connection: Connection, request: protocol.Request) -> None:
    """One caller's requests are answered one after the other. A caller who is gone is no longer worked for."""
    line: bytes | None = None
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_show_life, connection, tasks.cancel_scope)
        line = await carry_out(desk, request, connection.write)
        tasks.cancel_scope.cancel()
    if line is None:
        raise GoneError
    await connection.write(line)


async def _show_life(connection: Connection, scope: anyio.CancelScope) -> None:
    while True:
        await anyio.sleep(_SIGN_OF_LIFE)
        try:
            connection.remark(protocol.working())
        except GoneError:
            scope.cancel()


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
