"""What sessions wrote down for whoever goes on with their bead."""

from gastown.events.envelope import Recorded
from gastown.events.handoff import HandoffWritten
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table

NOTES = Table(
    "handoff_notes",
    key=("position", "ordinal"),
    columns={"position": 0, "ordinal": 0, "session": "", "sender": "", "text": ""},
    indexes=("session",),
)

handoffs = Projection("handoffs", 1, NOTES)


@handoffs.on(HandoffWritten)
def written(at: Recorded, event: HandoffWritten) -> Changes:
    row = NOTES.put(position=at.position, ordinal=at.index, session=at.entity.id, sender=event.sender, text=event.notes)
    return (row,)


def of_bead(store: Store, bead: str) -> list[Record]:
    """{session, sender, text}, oldest first. sender "": the session's own agent."""
    sql = (
        "SELECT n.session, n.sender, n.text FROM handoff_notes AS n JOIN sessions AS s ON s.id = n.session"
        " WHERE s.bead = ? ORDER BY n.position, n.ordinal"
    )
    return store.query(sql, (bead,))
