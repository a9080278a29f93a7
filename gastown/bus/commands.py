"""The port between the town's processes: a named service answers requests, one at a time per caller or many at once."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol, TypeAlias

Answer: TypeAlias = Callable[[bytes], Awaitable[bytes]]
AnswerTo: TypeAlias = Callable[[str, bytes], Awaitable[bytes]]
"""Is told, too, under which name it was asked."""


class Commands(Protocol):
    """Requests between processes of one town. Nothing is stored: who wants an answer repeats the request."""

    async def request(self, service: str, payload: bytes, *, patience: float) -> bytes:
        """Ask `service` and wait up to `patience` seconds. Raises UnreachableError (nobody there, no answer in time).

        No answer means unknown, never failed. Up to 8 MiB go either way; above that it raises MessageTooLargeError.
        """
        ...

    def serve(self, service: str, answer: Answer) -> AbstractAsyncContextManager[None]:
        """Answer requests to `service` while the context is open; requests are answered concurrently.

        `answer` must not raise: what it cannot answer it answers with an error of its own format. If it does, that is
        logged and the caller gets no answer. Answers under way when the context closes are cancelled.
        """
        ...

    def serve_each(self, service: str, answer: AnswerTo) -> AbstractAsyncContextManager[None]:
        """As `serve`, for the services `<service>.<name>` of all names; a name holds no dot.

        Who may ask under a name is for the server to see to: its accounts let a stranger publish under its own alone.
        """
        ...
