"""Requests between the processes of a town, over NATS: core request and reply, nothing stored."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager, suppress

import anyio
import structlog

from gastown.bus.commands import Answer
from gastown.bus.nats_connection import NatsConnection, NobodyThereError, NotConnectedError
from gastown.bus.sizes import checked
from gastown.bus.subjects import service_subject
from gastown.errors import UnreachableError

_log = structlog.get_logger("gastown.bus")


class NatsCommands:
    """A Commands. A request that meets no connection fails at once: who wants an answer repeats it anyway."""

    def __init__(self, connection: NatsConnection, town: str, incarnation: str) -> None:
        self._connection = connection
        self._town = town
        self._incarnation = incarnation

    async def request(self, service: str, payload: bytes, *, patience: float) -> bytes:
        subject = service_subject(self._town, self._incarnation, service)
        checked(payload, f"a request to {service!r}")
        try:
            answer, _ = await self._connection.request(subject, payload, patience=patience)
        except NobodyThereError as error:
            msg = f"nobody serves {service!r}"
            raise UnreachableError(msg, error.hint) from error
        return answer

    @asynccontextmanager
    async def serve(self, service: str, answer: Answer) -> AsyncGenerator[None]:
        subject = service_subject(self._town, self._incarnation, service)
        failure: Exception | None = None
        async with anyio.create_task_group() as group:

            def receive(_: bytes, reply: bytes, payload: bytes, __: bytes | None) -> None:
                group.start_soon(self._answer, service, answer, payload, reply.decode())

            async with self._connection.subscription(subject, receive):
                try:
                    await self._connection.round_trip()
                    yield
                except Exception as error:
                    failure = error  # raised as it is below: out of the group it would come wrapped
            with anyio.CancelScope(shield=True), suppress(UnreachableError):
                await self._connection.round_trip(patience=1.0)  # from here on a caller is told that nobody is there
            group.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _answer(self, service: str, answer: Answer, payload: bytes, reply: str) -> None:
        try:
            await self._connection.publish(reply, checked(await answer(payload), f"an answer of {service!r}"))
        except NotConnectedError:
            _log.info("commands.answer_lost", service=service)  # the asker's connection broke too, or it repeats
        except Exception:
            _log.exception("commands.answer_failed", service=service)
