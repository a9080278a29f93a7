"""What towns ask their hub, heard at the hub: one question after the other reaches whoever answers it.

Who asks is in the subject, and the hub's server lets nobody else ask under that name.
"""

from collections import Counter
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from typing import TypeAlias

import anyio
import msgspec

from gastown.bus.hub import question_of
from gastown.bus.hub_protocol import JOIN_SUBJECT, HubReply, Join, Question, Return, question_subject
from gastown.bus.nats_connection import NatsConnection
from gastown.errors import GastownError, UnreachableError
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

MOST_AT_ONCE = 4
"""Questions of one town that are answered at the same time; those beyond are dropped, and it asks again."""

AnswerQuestion: TypeAlias = Callable[[str, Question], Awaitable[HubReply]]
"""Who asks ("": somebody at the door), and what. Raises GastownError, which is an answer too."""

_decode = msgspec.json.Decoder(Question).decode
_log = get_logger("gastown.hub")


class _Ear:
    def __init__(self, connection: NatsConnection, answer: AnswerQuestion) -> None:
        self._connection = connection
        self._answer = answer
        self._busy: Counter[str] = Counter()

    def may_ask(self, asker: str) -> bool:
        return self._busy[asker] < MOST_AT_ONCE

    async def hear(self, asker: str, question: str, payload: bytes, reply: str) -> None:
        self._busy[asker] += 1
        try:
            said = await self._reply(asker, question, payload)
        finally:
            self._busy[asker] -= 1
            if not self._busy[asker]:
                del self._busy[asker]
        with suppress(UnreachableError):
            await self._connection.publish(reply, msgspec.json.encode(said))

    async def _reply(self, asker: str, named: str, payload: bytes) -> HubReply:
        try:
            question = _decode(payload)
        except NOT_JSON as error:
            return HubReply(ok=False, code="usage", message=f"the hub cannot read the question {named}: {error}")
        is_misplaced = named != question_of(question) if asker else not isinstance(question, Join | Return)
        if is_misplaced:
            return HubReply(ok=False, code="usage", message=f"this is not the question {named}")
        try:
            return await self._answer(asker, question)
        except OSError as error:
            return HubReply(ok=False, code="unreachable", message=f"the hub cannot do that now: {error}")
        except GastownError as error:
            return HubReply(ok=False, code=error.code, message=error.message, hint=error.hint)


@asynccontextmanager
async def hub_questions(connection: NatsConnection, answer: AnswerQuestion) -> AsyncGenerator[None]:
    """Have questions answered while the context is open."""
    ear = _Ear(connection, answer)
    async with anyio.create_task_group() as group:

        def receive(subject: bytes, reply: bytes, payload: bytes, _: bytes | None) -> None:
            tokens = subject.decode(errors="replace").split(".")
            asker, named = ("", "of the door") if len(tokens) == 2 else (tokens[2], tokens[3])
            if reply and ear.may_ask(asker):
                group.start_soon(ear.hear, asker, named, payload, reply.decode(errors="replace"))
            else:
                _log.info("hub.question_dropped", town=asker, question=named)

        async with (
            connection.subscription(question_subject("*", "*"), receive),
            connection.subscription(JOIN_SUBJECT, receive),
        ):
            yield
        group.cancel_scope.cancel()
