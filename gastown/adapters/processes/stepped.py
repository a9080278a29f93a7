"""A coroutine that can be stopped between two of its steps, as a process can be at any moment."""

from collections.abc import Awaitable, Callable, Generator
from typing import Any, Generic, TypeVar

T = TypeVar("T")


class Stepped(Generic[T]):
    """Awaits `life`, but `may_go` before each of its steps."""

    def __init__(self, life: Awaitable[T], may_go: Callable[[], Awaitable[None]]) -> None:
        self._life = life
        self._may_go = may_go

    def __await__(self) -> Generator[Any, Any, T]:
        steps = self._life.__await__()
        raised: BaseException | None = None
        while True:
            if raised is None:
                try:
                    yield from self._may_go().__await__()
                except BaseException as error:  # it is killed while it stands still: it hears that as its own end
                    raised = error
            try:
                waits_for = next(steps) if raised is None else steps.throw(raised)
            except StopIteration as done:
                return done.value
            raised = None
            try:
                yield waits_for
            except BaseException as error:
                raised = error
