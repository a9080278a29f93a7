"""Requests between the parts of one process: what NATS does between processes, for tests and scenarios."""

from collections.abc import AsyncGenerator
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import anyio
from anyio.abc import TaskGroup

from gastown.bus.commands import Answer, AnswerTo
from gastown.bus.sizes import checked
from gastown.errors import UnreachableError
from gastown.loggers import get_logger

_log = get_logger("gastown.bus")


class _Request:
    def __init__(self, payload: bytes) -> None:
        self.payload = payload
        self.answer: bytes | None = None
        self.answered = anyio.Event()


class MemoryCommands:
    """A Commands. Answers run beside their callers, so that a caller's patience does not cut them short."""

    def __init__(self) -> None:
        self._services: dict[str, tuple[TaskGroup, AnswerTo]] = {}

    async def request(self, service: str, payload: bytes, *, patience: float) -> bytes:
        checked(payload, f"a request to {service!r}")
        of_all, _, name = service.rpartition(".")
        found = self._services.get(service) or self._services.get(f"{of_all}.*")
        if found is None:
            msg = f"nobody serves {service!r}"
            raise UnreachableError(msg)
        group, answer = found
        request = _Request(payload)
        group.start_soon(_answer, service, answer, name, request)
        with anyio.move_on_after(patience):
            await request.answered.wait()
        if request.answer is None:
            msg = f"{service!r} did not answer within {patience:g} s"
            raise UnreachableError(msg)
        return request.answer

    def serve(self, service: str, answer: Answer) -> AbstractAsyncContextManager[None]:
        async def answer_it(_: str, payload: bytes) -> bytes:
            return await answer(payload)

        return self._serve(service, answer_it)

    def serve_each(self, service: str, answer: AnswerTo) -> AbstractAsyncContextManager[None]:
        return self._serve(f"{service}.*", answer)

    @asynccontextmanager
    async def _serve(self, service: str, answer: AnswerTo) -> AsyncGenerator[None]:
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


async def _answer(service: str, answer: AnswerTo, name: str, request: _Request) -> None:
    try:
        request.answer = checked(await answer(name, request.payload), f"an answer of {service!r}")
    except Exception:
        _log.exception("commands.answer_failed", service=service)
        return
    request.answered.set()
