"""The hub that the town is a member of, or was, and since when."""

from gastown.events.envelope import Recorded
from gastown.events.membership import TownFenced, TownJoined, TownLeft
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

MEMBERSHIP = Table(
    "membership",
    key=("id",),
    columns={
        "id": "",
        "hub": "",
        "name": "",
        "epoch": 0,
        "joined_at": None,
        "left_at": None,
        "reason": "",
        "fenced_by": 0,
    },
)

membership = Projection("membership", 1, MEMBERSHIP)


@membership.on(TownJoined)
def joined(at: Recorded, event: TownJoined) -> Changes:
    since = at.envelope.time
    row = MEMBERSHIP.put(id=at.entity.id, hub=event.hub, name=event.name, epoch=event.epoch, joined_at=since)
    return (row,)


@membership.on(TownLeft)
def left(at: Recorded, event: TownLeft) -> Changes:
    return (MEMBERSHIP.patch(at.entity.id, left_at=at.envelope.time, reason=event.reason),)


@membership.on(TownFenced)
def fenced(at: Recorded, event: TownFenced) -> Changes:
    return (MEMBERSHIP.patch(at.entity.id, fenced_by=event.by),)


def show(store: Store) -> Record | None:
    """{hub, name, epoch, since, fenced_by}; None for a town on its own. fenced_by: an epoch, 0 while it is not."""
    row = store.query_one("SELECT * FROM membership WHERE left_at IS NULL")
    if row is None:
        return None
    return {**{name: row[name] for name in ("hub", "name", "epoch", "fenced_by")}, "since": utc(row["joined_at"])}
