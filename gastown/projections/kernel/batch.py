"""Row changes merged in memory, so that a row that changed a hundred times is written once."""

from collections.abc import Callable, Iterable, Iterator
from operator import itemgetter
from typing import Any, TypeAlias

from gastown.projections.kernel.table import Changes, Key, Patch, Put, Row, Table

Statement: TypeAlias = tuple[str, list[Any]]
"""SQL and the parameters of each of its runs."""


class Batch:
    """What was applied to it, in the fewest statements. Applying one by one and all at once leave equal tables.

    It keeps and changes the rows it is given.
    """

    def __init__(self, tables: Iterable[Table]) -> None:
        self._rows = {table: _Rows(table) for table in tables}

    def apply(self, changes: Changes) -> None:
        for change in changes:
            rows = self._rows[change.table]
            if type(change) is Put:
                rows.put(change.key, change.row)
            elif type(change) is Patch:
                rows.patch(change.key, change.values)
            else:
                rows.delete(change.key)

    def statements(self) -> Iterator[Statement]:
        """To be run in this order in one transaction."""
        for rows in self._rows.values():
            yield from rows.statements()

    def clear(self) -> None:
        for rows in self._rows.values():
            rows.clear()


class _Rows:
    """One table's changed rows. A key is in at most one of puts and patches."""

    def __init__(self, table: Table) -> None:
        self._table = table
        self._once = table.once
        self._first_wins = table.first_wins
        self._puts: dict[Key, Row] = {}
        self._patches: dict[Key, Row] = {}
        self._deletes: set[Key] = set()
        columns = tuple(table.columns)
        verb = "INSERT OR IGNORE" if table.first_wins else "INSERT OR REPLACE"
        marks = ", ".join("?" * len(columns))
        self._insert = f"{verb} INTO {table.name} ({', '.join(columns)}) VALUES ({marks})"
        self._values_of: Callable[[Row], tuple[Any, ...]] = itemgetter(*columns)
        self._where = " AND ".join(f"{column} = ?" for column in table.key)
        self._updates: dict[tuple[str, ...], str] = {}

    def put(self, key: Key, row: Row) -> None:
        if self._first_wins:
            self._puts.setdefault(key, row)
            return
        self._patches.pop(key, None)
        self._puts[key] = row

    def patch(self, key: Key, values: Row) -> None:
        row = self._puts.get(key)
        if row is None:
            if key in self._deletes:
                return
            row = self._patches.get(key)
            if row is None:
                self._patches[key] = values
                return
        if self._once:
            values = {name: value for name, value in values.items() if not self._is_settled(name, row)}
        row.update(values)

    def _is_settled(self, column: str, row: Row) -> bool:
        return column in self._once and row.get(column) is not None

    def delete(self, key: Key) -> None:
        self._puts.pop(key, None)
        self._patches.pop(key, None)
        self._deletes.add(key)

    def statements(self) -> Iterator[Statement]:
        if self._deletes:
            yield f"DELETE FROM {self._table.name} WHERE {self._where}", [self._as_tuple(key) for key in self._deletes]
        if self._puts:
            yield self._insert, list(map(self._values_of, self._puts.values()))
        by_columns: dict[tuple[str, ...], list[tuple[Any, ...]]] = {}
        for key, values in self._patches.items():
            by_columns.setdefault(tuple(values), []).append((*values.values(), *self._as_tuple(key)))
        for columns, parameters in by_columns.items():
            yield self._update(columns), parameters

    def _update(self, columns: tuple[str, ...]) -> str:
        sql = self._updates.get(columns)
        if sql is None:
            settings = (f"{name} = coalesce({name}, ?)" if name in self._once else f"{name} = ?" for name in columns)
            sql = f"UPDATE {self._table.name} SET {', '.join(settings)} WHERE {self._where}"
            self._updates[columns] = sql
        return sql

    def _as_tuple(self, key: Key) -> tuple[Any, ...]:
        return (key,) if len(self._table.key) == 1 else key

    def clear(self) -> None:
        self._puts.clear()
        self._patches.clear()
        self._deletes.clear()
