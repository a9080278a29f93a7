"""Callers on a socket: each is served beside the others, line after line, whatever it or they do."""

import socket
from collections.abc import Awaitable, Callable
from typing import TypeAlias, TypeVar

import anyio

from gastown.api import protocol
from gastown.api.connection import Connection, GoneError, accept
from gastown.loggers import get_logger

_BREATH = 0.2  # seconds to wait when no further connection can be taken
_SIGN_OF_LIFE = 5.0  # seconds; callers give up after 30 without one

_log = get_logger(__name__)

T = TypeVar("T")

AnswerLine: TypeAlias = Callable[[Connection, bytes], Awaitable[bool]]
"""Writes what a line gets; whether the caller may say more. Raises ProtocolError, GoneError."""


async def serve_callers(listener: socket.socket, answer: AnswerLine) -> None:
    """Until cancelled. The listening socket, which must be non-blocking, is left open and bound."""
    async with anyio.create_task_group() as callers:
        while True:
            try:
                caller = await accept(listener)
            except OSError as error:
                _log.error("no further caller can be taken", error=str(error))
                await anyio.sleep(_BREATH)
                continue
            callers.start_soon(_converse, caller, answer)


async def _converse(caller: socket.socket, answer: AnswerLine) -> None:
    with caller:
        connection = Connection(caller)
        try:
            while line := await connection.read_line():
                if not await answer(connection, line):
                    return
        except protocol.ProtocolError as error:
            await _refuse(connection, protocol.broken(error))
        except GoneError:
            return


async def _refuse(connection: Connection, line: bytes) -> None:
    try:
        await connection.refuse(line)
    except (GoneError, OSError):
        return


async def while_there(connection: Connection, work: Callable[[], Awaitable[T]]) -> T:
    """What comes of it; the caller sees signs of life meanwhile. Raises GoneError: it is gone, the work given up."""
    done: list[T] = []
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(_show_life, connection, tasks.cancel_scope)
        done.append(await work())
        tasks.cancel_scope.cancel()
    if not done:
        raise GoneError
    return done[0]


async def _show_life(connection: Connection, scope: anyio.CancelScope) -> None:
    while True:
        await anyio.sleep(_SIGN_OF_LIFE)
        try:
            connection.remark(protocol.working())
        except GoneError:
            scope.cancel()
