"""A view's table as data, and the changes a fold makes to its rows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from operator import itemgetter
from typing import Any, TypeAlias

import msgspec

Value: TypeAlias = str | int | float | None
Row: TypeAlias = dict[str, Value]
Key: TypeAlias = Any
"""Of a row: the value of the key column; a tuple where the key has several columns."""


class Put(msgspec.Struct):
    """The row is this one, whatever it was before."""

    table: "Table"
    key: Key
    row: Row


class Patch(msgspec.Struct):
    """These columns change. No effect on a row that is not there."""

    table: "Table"
    key: Key
    values: Row


class Delete(msgspec.Struct):
    """The row goes, if there."""

    table: "Table"
    key: Key


Change: TypeAlias = Put | Patch | Delete
Changes: TypeAlias = Iterable[Change]

_TYPES: dict[type, str] = {str: "TEXT NOT NULL", int: "INTEGER NOT NULL", float: "REAL NOT NULL", type(None): ""}


@dataclass(eq=False)  # by identity: tables are dictionary keys in the hottest loop
class Table:
    """columns: names, and the value each has in a new row unless it is given (None: may be empty, of any type).

    key: the columns that identify a row. once: columns that keep the first value that is not None until the row is
    put anew. derived: columns computed by SQL from the others. first_wins: a row that is there stays as it is, and is
    never patched.
    """

    name: str
    key: tuple[str, ...]
    columns: Mapping[str, Value]
    once: frozenset[str] = frozenset()
    derived: Mapping[str, str] = field(default_factory=dict[str, str])
    indexes: tuple[str, ...] = ()
    first_wins: bool = False
    _key_of: Callable[[Row], Key] = field(init=False)

    def __post_init__(self) -> None:
        self._key_of = itemgetter(*self.key)

    def put(self, **values: Value) -> Put:
        row = {**self.columns, **values}
        return Put(self, self._key_of(row), row)

    def patch(self, key: Key, /, **values: Value) -> Patch:
        return Patch(self, key, values)

    def delete(self, key: Key) -> Delete:
        return Delete(self, key)

    def ddl(self) -> tuple[str, ...]:
        """The statements that create it."""
        plain = [f"{name} {_TYPES[type(value)]}" for name, value in self.columns.items()]
        derived = [f"{name} GENERATED ALWAYS AS ({sql}) VIRTUAL" for name, sql in self.derived.items()]
        parts = [*plain, *derived, f"PRIMARY KEY ({', '.join(self.key)})"]
        indexes = (
            f"CREATE INDEX {self.name}_{number} ON {self.name} ({columns})"
            for number, columns in enumerate(self.indexes)
        )
        return (f"CREATE TABLE {self.name} ({', '.join(parts)})", *indexes)
