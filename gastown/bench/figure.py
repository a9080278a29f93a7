"""What a figure is: ours, its floor, and the budget it is held to."""

import statistics
from collections.abc import Sequence
from typing import Literal

import msgspec

from gastown.errors import GastownError


class NotMeasuredError(GastownError):
    """What stood in the way of a figure."""


class Budget(msgspec.Struct, frozen=True):
    """limit: the most that is allowed, or the least. of: which number is held to it."""

    limit: float
    of: Literal["ratio", "value"] = "ratio"
    at_least: bool = False

    def allows(self, number: float) -> bool:
        return number >= self.limit if self.at_least else number <= self.limit

    def __str__(self) -> str:
        return f"{self.of} {'>=' if self.at_least else '<='} {self.limit:g}"


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    """value, floor: in `unit`. floor_is: what the floor was measured with. ratio: value by floor, None without a floor
    above zero. budget: as `Budget` reads ("ratio <= 1.6"), "" for none; ok: whether it holds, None without one."""

    name: str
    unit: str
    value: float
    floor: float
    floor_is: str
    ratio: float | None
    budget: str
    ok: bool | None


def figure(name: str, unit: str, *, value: float, floor: float, floor_is: str, budget: Budget | None = None) -> Figure:
    """Judged by its budget. One held to a ratio that cannot be had is not ok."""
    ratio = value / floor if floor > 0 else None
    ok: bool | None = None
    if budget is not None:
        judged = ratio if budget.of == "ratio" else value
        ok = judged is not None and budget.allows(judged)
    said = str(budget) if budget else ""
    return Figure(name=name, unit=unit, value=value, floor=floor, floor_is=floor_is, ratio=ratio, budget=said, ok=ok)


def median(samples: Sequence[float]) -> float:
    return statistics.median(samples)


def percentile(samples: Sequence[float], percent: int) -> float:
    """The smallest sample that `percent` of a hundred samples do not exceed."""
    ordered = sorted(samples)
    rank = -(-len(ordered) * percent // 100)  # rounded up
    return ordered[max(rank, 1) - 1]
