"""What a program said in JSON, read without trust: anything may be missing, or be something else."""

from collections.abc import Iterator
from typing import Any

import msgspec

_DECODE = msgspec.json.Decoder().decode


class Said:
    """A JSON value, or none. Every question has an answer: where there is nothing of that kind, an empty one."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def at(self, *path: str) -> "Said":
        """What is at the end of these names."""
        value = self.value
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]
        return Said(value)

    def text(self, *path: str) -> str:
        value = self.at(*path).value
        return value if isinstance(value, str) else ""

    def number(self, *path: str) -> float | None:
        value = self.at(*path).value
        return value if isinstance(value, int | float) and not isinstance(value, bool) else None

    def count(self, *path: str) -> int:
        """A number of things: never below 0."""
        return max(0, int(self.number(*path) or 0))

    def whole(self, *path: str) -> int | None:
        value = self.at(*path).value
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def true(self, *path: str) -> bool:
        return self.at(*path).value is True

    def items(self, *path: str) -> list["Said"]:
        value = self.at(*path).value
        return [Said(one) for one in value] if isinstance(value, list) else []  # pyright: ignore[reportUnknownVariableType]

    def fields(self) -> Iterator[tuple[str, "Said"]]:
        if isinstance(self.value, dict):
            for name, value in self.value.items():  # pyright: ignore[reportUnknownVariableType, reportUnknownMemberType]
                yield str(name), Said(value)  # pyright: ignore[reportUnknownArgumentType]

    def json(self) -> str:
        return msgspec.json.encode(self.value).decode()

    def __bool__(self) -> bool:
        return self.value is not None


def understood(line: bytes) -> Said | None:
    """An object of JSON; None for everything else."""
    try:
        value = _DECODE(line)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    return Said(value) if isinstance(value, dict) else None


def spoken(value: object) -> bytes:
    """To be said to it."""
    return msgspec.json.encode(value)
