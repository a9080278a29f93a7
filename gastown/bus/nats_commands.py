"""Requests between the processes of a town, over NATS: core request and reply, nothing stored."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress

import anyio

from gastown.bus.commands import Answer, AnswerTo
from gastown.bus.nats_connection import NatsConnection, NobodyThereError, NotConnectedError
from gastown.bus.sizes import checked
from gastown.bus.subjects import every_name, service_subject
from gastown.errors import UnreachableError
from gastown.loggers import get_logger

_log = get_logger("gastown.bus")


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

    def serve(self, service: str, answer: Answer) -> AbstractAsyncContextManager[None]:
        async def answer_it(_: str, payload: bytes) -> bytes:
            return await answer(payload)

        return self._serve(service_subject(self._town, self._incarnation, service), answer_it)

    def serve_each(self, service: str, answer: AnswerTo) -> AbstractAsyncContextManager[None]:
        return self._serve(every_name(self._town, self._incarnation, service), answer)

    @asynccontextmanager
    async def _serve(self, subject: str, answer: AnswerTo) -> AsyncGenerator[None]:
        failure: Exception | None = None
        async with anyio.create_task_group() as group:

            def receive(asked: bytes, reply: bytes, payload: bytes, _: bytes | None) -> None:
                group.start_soon(self._answer, asked.decode(), answer, payload, reply.decode())

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

    async def _answer(self, subject: str, answer: AnswerTo, payload: bytes, reply: str) -> None:
        try:
            said = await answer(subject.rpartition(".")[2], payload)
            await self._connection.publish(reply, checked(said, f"an answer on {subject}"))
        except NotConnectedError:
            _log.info("commands.answer_lost", subject=subject)  # the asker's connection broke too, or it repeats
        except Exception:
            _log.exception("commands.answer_failed", subject=subject)
