"""An event loop whose time is made up: it jumps to the next timer, and never waits."""

import asyncio
import selectors
from collections.abc import Mapping
from typing import Any


class StuckError(Exception):
    """Every task waits for something that will never come."""


class _Selector(selectors.BaseSelector):
    """Instead of waiting for sockets, time passes."""

    def __init__(self) -> None:
        self.now = 0.0
        self._real = selectors.DefaultSelector()

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        if timeout is None:
            raise StuckError("nothing will ever happen again")
        self.now += max(0.0, timeout)
        return []

    def register(self, fileobj: Any, events: int, data: Any = None) -> selectors.SelectorKey:
        return self._real.register(fileobj, events, data)

    def unregister(self, fileobj: Any) -> selectors.SelectorKey:
        return self._real.unregister(fileobj)

    def get_map(self) -> Mapping[Any, selectors.SelectorKey]:
        return self._real.get_map() or {}

    def close(self) -> None:
        self._real.close()


class SimulatedLoop(asyncio.SelectorEventLoop):
    """Tasks that are left over when it is closed are left as they are, like those of a killed process."""

    def __init__(self) -> None:
        self._simulated = _Selector()
        super().__init__(self._simulated)
        self._clock_resolution = 1e-9
        self.set_exception_handler(lambda *_: None)

    def time(self) -> float:
        return self._simulated.now
