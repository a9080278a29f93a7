"""What this version of Gas Town cannot read, and so leaves alone."""

from gastown.events.envelope import Recorded
from gastown.events.unreadable import Unreadable
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table

PARKED = Table(
    "parked",
    key=("kind", "id"),
    columns={"kind": "", "id": "", "type": "", "position": 0, "why": "", "hint": ""},
    first_wins=True,
)

parked = Projection("parked", 1, PARKED)


@parked.on(Unreadable)
def unreadable(at: Recorded, event: Unreadable) -> Changes:
    row = PARKED.put(
        kind=at.entity.kind,
        id=at.entity.id,
        type=event.name,
        position=at.position,
        why=event.why,
        hint=event.hint,
    )
    return (row,)


def listing(store: Store) -> list[Record]:
    """{kind, id, type, position, why, hint}: of each entity, the first event that cannot be read."""
    return store.query("SELECT kind, id, type, position, why, hint FROM parked ORDER BY position, kind, id")


def show(store: Store, kind: str, key: str) -> Record | None:
    """The same of one entity; None where all of it can be read."""
    return next((one for one in listing(store) if (one["kind"], one["id"]) == (kind, key)), None)
