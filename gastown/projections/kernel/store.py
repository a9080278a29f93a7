"""The views' rows in SQLite, and the position of the log they are true at. A cache: the log has it all."""

import os
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from gastown.errors import GastownError
from gastown.projections.kernel.batch import Batch
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.table import Table

Record: TypeAlias = dict[str, Any]

_META = """CREATE TABLE meta (
  one INTEGER PRIMARY KEY CHECK (one = 1), incarnation TEXT, position INTEGER, last_event TEXT, events INTEGER,
  views TEXT)"""

# With synchronous=OFF a power cut may leave pages that are wrong and look right. NORMAL in WAL mode flushes at
# checkpoints only, and costs a tenth of the rate.
_FILE_PRAGMAS = ("journal_mode = WAL", "synchronous = NORMAL", "journal_size_limit = 16777216")
_PRAGMAS = ("temp_store = MEMORY", "cache_size = -4096")

_FULL_CODES = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR)
_DAMAGED_CODES = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)


class StoreFullError(GastownError):
    """The disk does not take what was to be written; nothing of it was. Reads go on."""


class StoreDamagedError(GastownError):
    """The file is no longer a database: to be made anew from the log."""


class StoreUnusableError(GastownError):
    """The file cannot be opened or made."""


class Mark(msgspec.Struct, frozen=True):
    """How far the rows follow the log: the last message's position, its last event, and how many events until then."""

    position: int = 0
    last_event: str = ""
    events: int = 0


class Store:
    """One database of all views. Used from one thread; a read sees the rows of exactly one position.

    path None: in memory. A file that belongs to another incarnation or to other versions of the views, or is no
    database, is replaced by an empty one. Raises StoreUnusableError.
    """

    def __init__(self, path: Path | None, views: Sequence[Projection], incarnation: str = "") -> None:
        self.path = path
        self.views = tuple(views)
        self.incarnation = incarnation
        self._signatures = msgspec.json.encode({view.name: view.signature for view in views}).decode()
        self.mark = Mark()
        self._connection = self._connect()
        if not self._is_ours():
            self.reset()

    @property
    def position(self) -> int:
        """The rows are those after this message of the log, 0 when empty."""
        return self.mark.position

    @property
    def tables(self) -> tuple[Table, ...]:
        return tuple(table for view in self.views for table in view.tables)

    def batch(self) -> Batch:
        """An empty batch for these tables."""
        return Batch(self.tables)

    def query(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> list[Record]:
        """The rows, by column names."""
        cursor = self._connection.execute(sql, parameters)
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor]

    def rows(self, sql: str) -> Iterator[tuple[Any, ...]]:
        """Rows one by one, for what is too much to hold at once. Not to be kept over a write."""
        return iter(self._connection.execute(sql))

    def query_one(self, sql: str, parameters: Sequence[Any] | Mapping[str, Any] = ()) -> Record | None:
        """The first row, if any."""
        rows = self.query(sql, parameters)
        return rows[0] if rows else None

    def write(self, batch: Batch, mark: Mark) -> None:
        """The batch and its mark in one transaction; the batch is emptied. Raises StoreFullError, StoreDamagedError,
        and keeps rows, mark and batch as they were."""
        try:
            self._transact(batch, mark)
        except sqlite3.DatabaseError as error:
            with suppress(sqlite3.DatabaseError):
                self._connection.rollback()
            raise self._named(error) from error
        batch.clear()
        self.mark = mark

    def _transact(self, batch: Batch, mark: Mark) -> None:
        run = self._connection
        run.execute("BEGIN IMMEDIATE")
        for sql, parameters in batch.statements():
            run.executemany(sql, parameters)
        values = (mark.position, mark.last_event, mark.events)
        run.execute("UPDATE meta SET position = ?, last_event = ?, events = ?", values)
        run.execute("COMMIT")

    def _named(self, error: sqlite3.DatabaseError) -> Exception:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the low byte is the primary code
        if code in _FULL_CODES:
            return StoreFullError(f"the views cannot be written to {self.path}: {error}", "make room on that disk")
        if code in _DAMAGED_CODES:
            return StoreDamagedError(f"{self.path} is damaged: {error}")
        return error

    def reset(self) -> None:
        """Empty, as before any event; a file is replaced."""
        self.close()
        if self.path:
            _remove(self.path)
        self._connection = self._connect()
        try:
            self._create()
        except sqlite3.DatabaseError as error:
            raise StoreUnusableError(f"the views cannot be kept in {self.path}: {error}") from error
        self.mark = Mark()

    def _create(self) -> None:
        run = self._connection
        run.execute("BEGIN IMMEDIATE")
        run.execute(_META)
        run.execute("INSERT INTO meta VALUES (1, ?, 0, '', 0, ?)", (self.incarnation, self._signatures))
        for table in self.tables:
            for statement in table.ddl():
                run.execute(statement)
        run.execute("COMMIT")

    def take_over(self, other: "Store") -> None:
        """Put the other store's file in place of this one's; the other is closed. Raises StoreFullError."""
        if self.path is None or other.path is None:
            raise ValueError(f"{self.path} and {other.path}: only a file takes the place of a file")
        other.settle()
        other.close()
        self.close()
        _remove(self.path)
        other.path.replace(self.path)
        self._connection = self._connect()
        self.mark = other.mark

    def settle(self) -> None:
        """Bring all that is written into the one file, flushed. Raises StoreFullError, StoreDamagedError."""
        try:
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        except sqlite3.DatabaseError as error:
            raise self._named(error) from error

    def close(self) -> None:
        self._connection.close()

    def discard(self) -> None:
        """Close it and delete its file, if it is still there."""
        self.close()
        if self.path:
            _remove(self.path)

    def _connect(self) -> sqlite3.Connection:
        try:
            if self.path:
                _make_private(self.path)
            connection = sqlite3.connect(self.path or ":memory:", isolation_level=None)
        except (sqlite3.DatabaseError, OSError) as error:
            raise StoreUnusableError(f"the views cannot be kept in {self.path}: {error}") from error
        with suppress(sqlite3.DatabaseError):  # not a database: _is_ours finds out
            for pragma in (_FILE_PRAGMAS if self.path else ()) + _PRAGMAS:
                connection.execute(f"PRAGMA {pragma}")
        return connection

    def _is_ours(self) -> bool:
        try:
            meta = self.query_one("SELECT incarnation, position, last_event, events, views FROM meta")
        except sqlite3.DatabaseError:
            return False
        if meta is None or (meta["incarnation"], meta["views"]) != (self.incarnation, self._signatures):
            return False
        self.mark = Mark(meta["position"], meta["last_event"], meta["events"])
        return True


def _make_private(path: Path) -> None:
    """Nobody else's from the first moment, whatever the umask: SQLite gives what it puts beside it the same mode."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        os.fchmod(descriptor, 0o600)  # an earlier version may have made it
    finally:
        os.close(descriptor)


def _remove(path: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
