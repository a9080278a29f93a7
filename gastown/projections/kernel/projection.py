"""What a view is: a name, a version, tables, and a pure fold per event class that says which rows change."""

import hashlib
from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

from gastown.events.envelope import Recorded
from gastown.events.fact import Fact
from gastown.projections.kernel.table import Changes, Table

F = TypeVar("F", bound=Fact)
Fold: TypeAlias = Callable[[Recorded, F], Changes]


class Projection:
    """A view. Its folds are pure: they look at the event alone, never at a table, a clock or each other.

    version: raised when a fold changes its meaning, so that stores made by the old one are rebuilt; a change of the
    tables themselves is noticed without it.
    """

    def __init__(self, name: str, version: int, *tables: Table) -> None:
        self.name = name
        self.version = version
        self.tables = tables
        self._folds: dict[type[Fact], Fold[Any]] = {}
        self._every: Fold[Fact] | None = None

    def on(self, *classes: type[F]) -> Callable[[Fold[F]], Fold[F]]:
        """Declare the fold of these event classes."""

        def declare(fold: Fold[F]) -> Fold[F]:
            self._folds.update(dict.fromkeys(classes, fold))
            return fold

        return declare

    def on_every(self, fold: Fold[Fact]) -> Fold[Fact]:
        """Declare the fold of all events that have none of their own in this view."""
        self._every = fold
        return fold

    def fold_of(self, event: type[Fact]) -> Fold[Any] | None:
        """None: this view does not care about such events."""
        return self._folds.get(event, self._every)

    def fold(self, recorded: Recorded) -> Changes:
        """What this event changes in the view."""
        fold = self.fold_of(type(recorded.envelope.data))
        return fold(recorded, recorded.envelope.data) if fold else ()

    @property
    def signature(self) -> str:
        """Differs when the version or a table does."""
        ddl = "\n".join(statement for table in self.tables for statement in table.ddl())
        return f"{self.version}:{hashlib.sha256(ddl.encode()).hexdigest()[:16]}"
