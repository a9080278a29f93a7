"""The town's side of the way to its outer hosts: what it asks of them and answers to them goes through the gate.

A town is wired once, and its gate opens later or never: what is served here is answered as soon as there is one.
"""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio

from gastown.bus.commands import Answer, AnswerTo, Commands
from gastown.errors import UnreachableError

OUTER = "host."
"""What the services of outer hosts begin with."""


class Hall:
    """A Commands: `own` for everything on this machine, the gate for hosts on others."""

    def __init__(self, own: Commands) -> None:
        self._own = own
        self._gate: Commands | None = None
        self._opened = anyio.Event()

    async def request(self, service: str, payload: bytes, *, patience: float) -> bytes:
        if not service.startswith(OUTER):
            return await self._own.request(service, payload, patience=patience)
        if self._gate is None:
            msg = f"nobody serves {service!r}: the gate is closed"
            raise UnreachableError(msg, "see logs/gate.log")
        return await self._gate.request(service, payload, patience=patience)

    def serve(self, service: str, answer: Answer) -> AbstractAsyncContextManager[None]:
        return self._own.serve(service, answer)

    @asynccontextmanager
    async def serve_each(self, service: str, answer: AnswerTo) -> AsyncGenerator[None]:
        failure: Exception | None = None
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(self._serve_each, service, answer)
            try:
                yield
            except Exception as error:
                failure = error  # raised as it is below: out of the group it would come wrapped
            tasks.cancel_scope.cancel()
        if failure is not None:
            raise failure

    async def _serve_each(self, service: str, answer: AnswerTo) -> None:
        while True:
            while self._gate is None:
                await self._opened.wait()
            closed = self._closed
            async with self._gate.serve_each(service, answer):
                await closed.wait()

    @asynccontextmanager
    async def through(self, gate: Commands) -> AsyncGenerator[None]:
        """While the context is open, this is the way."""
        self._closed = anyio.Event()
        self._gate = gate
        self._opened.set()
        try:
            yield
        finally:
            self._gate, self._opened = None, anyio.Event()
            self._closed.set()
