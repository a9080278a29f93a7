"""Convoys: sets of beads, and how far each set is."""

from gastown.events.convoy import ConvoyCompleted, ConvoyExtended, ConvoyOpened, ConvoyReopened
from gastown.events.envelope import Recorded
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Change, Changes, Table
from gastown.projections.rfc3339 import utc

CONVOYS = Table(
    "convoys",
    key=("id",),
    columns={"id": "", "title": "", "state": "open", "position": 0, "opened_at": 0.0, "completed_at": None},
)
MEMBERS = Table(
    "convoy_beads",
    key=("convoy", "bead"),
    columns={"convoy": "", "bead": "", "position": 0, "ordinal": 0},
    first_wins=True,
)

convoys = Projection("convoys", 1, CONVOYS, MEMBERS)


@convoys.on(ConvoyOpened)
def opened(at: Recorded, event: ConvoyOpened) -> Changes:
    row = CONVOYS.put(id=at.entity.id, title=event.title, position=at.position, opened_at=at.envelope.time)
    return (row, *_members(at, event.beads))


@convoys.on(ConvoyExtended)
def extended(at: Recorded, event: ConvoyExtended) -> Changes:
    return _members(at, event.beads)


def _members(at: Recorded, beads: tuple[str, ...]) -> list[Change]:
    return [
        MEMBERS.put(convoy=at.entity.id, bead=bead, position=at.position, ordinal=ordinal)
        for ordinal, bead in enumerate(beads)
    ]


@convoys.on(ConvoyCompleted)
def completed(at: Recorded, _: ConvoyCompleted) -> Changes:
    return (CONVOYS.patch(at.entity.id, state="done", completed_at=at.envelope.time),)


@convoys.on(ConvoyReopened)
def reopened(at: Recorded, _: ConvoyReopened) -> Changes:
    return (CONVOYS.patch(at.entity.id, state="open", completed_at=None),)


def show(store: Store, convoy: str) -> Record | None:
    """One convoy with its beads in the order they joined; None where there is none of this id."""
    row = store.query_one("SELECT * FROM convoys WHERE id = ?", (convoy,))
    return _shown(store, row) if row else None


def listing(store: Store, state: str | None = None) -> list[Record]:
    """All convoys, or those of one state, oldest first."""
    sql = "SELECT * FROM convoys WHERE state = coalesce(?, state) ORDER BY position, id"
    return [_shown(store, row) for row in store.query(sql, (state,))]


def of_bead(store: Store, bead: str) -> list[str]:
    """Every convoy that a bead is in, in the order it joined them."""
    rows = store.query("SELECT convoy FROM convoy_beads WHERE bead = ? ORDER BY position, ordinal", (bead,))
    return [row["convoy"] for row in rows]


def _shown(store: Store, row: Record) -> Record:
    beads = store.query(
        "SELECT b.id, b.title, b.state, b.landed_commit FROM convoy_beads AS m JOIN beads AS b ON b.id = m.bead"
        " WHERE m.convoy = ? ORDER BY m.position, m.ordinal",
        (row["id"],),
    )
    landed = sum(bead["state"] == "landed" for bead in beads)
    return {
        "id": row["id"],
        "title": row["title"],
        "state": row["state"],
        "beads": beads,
        "total": len(beads),
        "done": landed + sum(bead["state"] == "closed" for bead in beads),
        "landed": landed,
        "opened_at": utc(row["opened_at"]),
        "completed_at": utc(row["completed_at"]),
    }
