"""Attempts: how each try at a bead ended without landing, as the next worker is told."""

from gastown.events.bead import BeadReceived, BeadReturned
from gastown.events.envelope import Recorded
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

ATTEMPTS = Table(
    "attempts",
    key=("bead", "session"),
    columns={
        "bead": "",
        "session": "",
        "position": 0,
        "returned_at": 0.0,
        "outcome": "",
        "reason": "",
        "charge": "",
        "tail": "",
        "commit_id": "",
        "base": "",
        "kept": "",
    },
    indexes=("returned_at",),
)

attempts = Projection("attempts", 1, ATTEMPTS)


@attempts.on(BeadReturned)
def returned(at: Recorded, event: BeadReturned) -> Changes:
    row = ATTEMPTS.put(
        bead=at.entity.id,
        session=event.session,
        position=at.position,
        returned_at=at.envelope.time,
        outcome=event.outcome,
        reason=event.reason,
        charge=event.charge,
        tail=event.tail,
        commit_id=event.commit,
        base=event.base,
        kept=event.kept,
    )
    return (row,)


@attempts.on(BeadReceived)
def received(at: Recorded, event: BeadReceived) -> Changes:
    """Of a bead that comes from another town: what was tried there."""
    earlier = event.parcel.earlier
    return [
        ATTEMPTS.put(
            bead=at.entity.id,
            session=one.session,
            position=at.position,
            returned_at=at.envelope.time,
            outcome=one.outcome,
            reason=one.reason,
            tail=one.tail,
            commit_id=earlier.commit if earlier and earlier.session == one.session else "",
            base=earlier.base if earlier and earlier.session == one.session else "",
        )
        for one in event.parcel.tried
    ]


def of_bead(store: Store, bead: str) -> list[Record]:
    """{bead, session, outcome, reason, charge, tail, commit, base, kept, returned_at}, oldest first."""
    return _select(store, "bead = ?", bead)


def since(store: Store, moment: float) -> list[Record]:
    """Those that came back at or after `moment` (seconds since the epoch), oldest first."""
    return _select(store, "returned_at >= ?", moment)


def _select(store: Store, condition: str, value: str | float) -> list[Record]:
    sql = (
        'SELECT bead, session, outcome, reason, charge, tail, commit_id AS "commit", base, kept, returned_at'
        f" FROM attempts WHERE {condition} ORDER BY position"
    )
    return [{**row, "returned_at": utc(row["returned_at"])} for row in store.query(sql, (value,))]
