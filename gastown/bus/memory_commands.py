"""Requests between the parts of one process: what NATS does between processes, for tests and scenarios."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import anyio
import structlog
from anyio.abc import TaskGroup

from gastown.bus.commands import Answer
from gastown.bus.sizes import checked
from gastown.errors import UnreachableError

_log = structlog.get_logger("gastown.bus")


class _Request:
    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.answer: bytes | None = None
        self.answered = anyio.Event()


class MemoryCommands:
    """A Commands. Answers run beside their callers, so that a caller's patience does not cut them short."""

    def __init__(self) -> None:
        self._services: dict[str, tuple[TaskGroup, Answer]] = {}

    async def request(self, service: str, payload: bytes, *, patience: float) -> bytes:
        checked(payload, f"a request to {service!r}")
        if service not in self._services:
            msg = f"nobody serves {service!r}"
            raise UnreachableError(msg)
        group, answer = self._services[service]
        request = _Request(payload)
        group.start_soon(_answer, service, answer, request)
        with anyio.move_on_after(patience):
            await request.answered.wait()
        if request.answer is None:
            msg = f"{service!r} did not answer within {patience:g} s"
            raise UnreachableError(msg)
        return request.answer

    @asynccontextmanager
    async def serve(self, service: str, answer: Answer) -> AsyncGenerator[None]:
        failure: Exception | None = None
        async with anyio.create_task_group() as group:
            self._services[service] = (group, answer)
            try:
                yield
            except Exception as error:
                failure = error  # raised as it is below: out of the group it would come wrapped
            finally:
                del self._services[service]
                group.cancel_scope.cancel()
        if failure is not None:
            raise failure


async def _answer(service: str, answer: Answer, request: _Request) -> None:
    try:
        request.answer = checked(await answer(request.payload), f"an answer of {service!r}")
    except Exception:
        _log.exception("commands.answer_failed", service=service)
        return
    request.answered.set()
