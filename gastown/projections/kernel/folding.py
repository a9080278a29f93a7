"""From messages of the log to rows: the one path that live following, rebuilding and `--at` share."""

from gastown.events.envelope import Recorded
from gastown.events.fact import Fact
from gastown.projections.kernel.projection import Fold
from gastown.projections.kernel.store import Mark, Store


class Folding:
    """Folds messages into a batch and writes it to the store when told to."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._batch = store.batch()
        self._folds: dict[type[Fact], tuple[Fold[Fact], ...]] = {}
        self._last_event = ""
        self.position = store.position
        self.pending = 0
        """How many events are folded and not yet written."""

    def take(self, message: tuple[Recorded, ...]) -> None:
        for recorded in message:
            event = type(recorded.envelope.data)
            folds = self._folds.get(event)
            if folds is None:
                folds = self._folds_of(event)
            for fold in folds:
                self._batch.apply(fold(recorded, recorded.envelope.data))
        self.position = message[-1].position
        self._last_event = message[-1].envelope.id
        self.pending += len(message)

    def _folds_of(self, event: type[Fact]) -> tuple[Fold[Fact], ...]:
        found = tuple(fold for view in self._store.views if (fold := view.fold_of(event)))
        self._folds[event] = found
        return found

    def flush(self, position: int = 0) -> None:
        """Write what is pending. position: where that then is true at, if beyond the last message taken.

        Raises StoreFullError (nothing is lost, try again) and StoreDamagedError.
        """
        self.position = max(self.position, position)
        if self.position > self._store.position:
            events = self._store.mark.events + self.pending
            self._store.write(self._batch, Mark(self.position, self._last_event, events))
            self.pending = 0
