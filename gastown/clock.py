"""The edge where time and randomness come in: whoever is pure is handed what these return."""

import os
import time
from typing import Protocol

from ulid import ULID


class Source(Protocol):
    """Where they come from; a simulation has its own."""

    def now_ns(self) -> int: ...

    def monotonic(self) -> float: ...

    def random(self, size: int) -> bytes: ...


class System:
    """This machine's."""

    def now_ns(self) -> int:
        return time.time_ns()

    def monotonic(self) -> float:
        return time.monotonic()

    def random(self, size: int) -> bytes:
        return os.urandom(size)


_source: Source = System()


def use(source: Source) -> None:
    """Take time and randomness from `source` from now on, in this whole process."""
    global _source  # noqa: PLW0603  a process has one clock
    _source = source


def now() -> float:
    """Seconds since the epoch, UTC."""
    return _source.now_ns() / 1e9


def now_ns() -> int:
    """Nanoseconds since the epoch, UTC."""
    return _source.now_ns()


def monotonic() -> float:
    """Seconds since some moment; never goes back."""
    return _source.monotonic()


def random_hex(size: int) -> str:
    """`size` random bytes, as hexadecimal digits."""
    return _source.random(size).hex()


def new_id() -> str:
    """A ULID: sorts by the time it was made."""
    milliseconds = _source.now_ns() // 1_000_000
    return str(ULID.from_bytes(milliseconds.to_bytes(6, "big") + _source.random(10)))
