"""A list of prices: TOML text, and what a turn comes to by it.

    [[price]]
    model = "claude-sonnet-5-5*"   # as the vendor's program names it, with or without "provider/" before it; * and ?
    vendor = "*"                   # stand for anything; vendor may be left out
    from = 2026-10-07              # the first day, UTC, on which it is so
    fresh = 2.00                   # USD per million tokens
    output = 10.00
    cache_read = 0.10              # left out: as fresh
    cache_write = 2.50             # left out: as fresh

Of those that fit, the one with the longest pattern counts, and of these the newest.
"""

import hashlib
import re
import tomllib
from collections.abc import Iterable
from datetime import date
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from gastown.errors import UsageError
from gastown.events.turn import Usage

_MILLION = 1_000_000
_HEAD = re.compile(r"\s*\[\[\s*price\s*\]\]")
_LINE = re.compile(r"at line (\d+)")


class Price(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """USD per million tokens. since: the first day. cache_read, cache_write: None as fresh."""

    model: str
    since: date = msgspec.field(name="from")
    fresh: float
    output: float
    vendor: str = "*"
    cache_read: float | None = None
    cache_write: float | None = None

    def fits(self, vendor: str, model: str) -> bool:
        names = (model, model.rpartition("/")[2])
        return _matches(vendor, self.vendor) and any(_matches(name, self.model) for name in names)

    def of(self, usage: Usage) -> float:
        """USD."""
        read = self.fresh if self.cache_read is None else self.cache_read
        write = self.fresh if self.cache_write is None else self.cache_write
        tokens = (
            (usage.fresh, self.fresh),
            (usage.cache_read, read),
            (usage.cache_write, write),
            (usage.output, self.output),
        )
        return round(sum(number * price for number, price in tokens) / _MILLION, 9)


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """name: where it is from. digest: of its text, the first digits."""

    name: str
    digest: str
    prices: tuple[Price, ...] = ()

    def find(self, vendor: str, model: str, day: date) -> Price | None:
        """What is in force for this model on that day."""
        found = [one for one in self.prices if one.since <= day and one.fits(vendor, model)]
        return max(found, key=lambda one: (_length(one.model), _length(one.vendor), one.since), default=None)

    def name_of(self, price: Price) -> str:
        """By which an event says what it was priced by."""
        return f"{self.name} {price.since.isoformat()} {self.digest}"


def priced(tables: Iterable[Table], vendor: str, model: str, day: date, usage: Usage) -> Usage:
    """With its cost, and by what it was priced; as it is where no list knows the model."""
    for table in tables:
        price = table.find(vendor, model, day)
        if price is not None:
            return msgspec.structs.replace(usage, cost=price.of(usage), priced=table.name_of(price))
    return usage


def parse(text: str, name: str) -> Table:
    """name: said in errors, and in what is priced by it. Raises UsageError that names the line."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = _LINE.search(str(error))
        raise _wrong(name, int(line[1]) if line else text.count("\n") + 1, f"this is no TOML: {error}") from error
    for key in content:
        if key != "price":
            raise _wrong(name, _line_of(text, key), f"there is nothing called {key!r}")
    entries = content.get("price", [])
    if not isinstance(entries, list):
        raise _wrong(name, _line_of(text, "price"), "prices stand under [[price]]")
    heads = [number for number, line in enumerate(text.splitlines(), 1) if _HEAD.match(line)]
    rows: list[Any] = entries  # pyright: ignore[reportUnknownVariableType]  TOML holds anything
    prices = tuple(_price(name, heads[index] if index < len(heads) else 1, row) for index, row in enumerate(rows))
    return Table(name=name, digest=hashlib.sha256(text.encode()).hexdigest()[:8], prices=prices)


def _price(name: str, line: int, row: Any) -> Price:
    try:
        price = msgspec.convert(row, Price)
    except msgspec.ValidationError as error:
        raise _wrong(name, line, f"the price that begins here is not as it should be: {error}") from error
    numbers = {field: getattr(price, field) for field in ("fresh", "output", "cache_read", "cache_write")}
    for field, number in numbers.items():
        if number is not None and not 0 <= number < _MILLION:
            raise _wrong(name, line, f"the price that begins here has {field} = {number:g}")
    if not price.model or not price.vendor:
        raise _wrong(name, line, "the price that begins here is for nothing: model, vendor")
    return price


def _wrong(name: str, line: int, what: str) -> UsageError:
    return UsageError(f"{name}, line {line}: {what}", f"mend {name} (gt prices shows what is in force), or remove it")


def _line_of(text: str, key: str) -> int:
    return next((number for number, line in enumerate(text.splitlines(), 1) if key in line), 1)


def _matches(name: str, pattern: str) -> bool:
    """Only * and ? are special: names of models hold brackets."""
    return fnmatchcase(name.lower(), pattern.lower().replace("[", "[[]"))


def _length(pattern: str) -> int:
    return len(pattern.replace("*", ""))
