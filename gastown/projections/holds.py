"""What holds work now: of the town and of each rig, who placed it, why, since when."""

from gastown.events.envelope import Recorded
from gastown.events.hold import DEPTH_OF, HoldLifted, HoldPlaced, TownFreed, TownHeld
from gastown.events.ids import Entity
from gastown.events.rig import KIND as RIG
from gastown.events.rig import RigFreed, RigHeld, RigRemoved
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

HOLDS = Table(
    "holds",
    key=("rig", "cause"),
    columns={
        "rig": "",  # "" for the town
        "cause": "",
        "depth": "",
        "reason": "",
        "hint": "",
        "placed_by": "",
        "since": 0.0,
    },
)

holds = Projection("holds", 1, HOLDS)


def _rig(entity: Entity) -> str:
    return entity.id if entity.kind == RIG else ""


@holds.on(TownHeld, RigHeld)
def placed(at: Recorded, event: HoldPlaced) -> Changes:
    row = HOLDS.put(
        rig=_rig(at.entity),
        cause=event.cause,
        depth=event.depth,
        reason=event.reason,
        hint=event.hint,
        placed_by=at.envelope.actor,
        since=at.envelope.time,
    )
    return (row,)


@holds.on(TownFreed, RigFreed)
def lifted(at: Recorded, event: HoldLifted) -> Changes:
    return (HOLDS.delete((_rig(at.entity), event.cause)),)


@holds.on(RigRemoved)
def removed(at: Recorded, _: RigRemoved) -> Changes:
    return tuple(HOLDS.delete((at.entity.id, cause)) for cause in DEPTH_OF)


_DEEPEST_FIRST = "CASE depth WHEN 'stop' THEN 0 WHEN 'pause' THEN 1 ELSE 2 END, rig, cause"


def on_town(store: Store) -> list[Record]:
    """{rig, cause, depth, reason, hint, by, since}, the deepest first; rig: "" for the town."""
    return on_rig(store, "")


def on_rig(store: Store, rig: str) -> list[Record]:
    """What holds this rig, by itself or with the whole town, the deepest first."""
    sql = f"SELECT * FROM holds WHERE rig IN ('', ?) ORDER BY {_DEEPEST_FIRST}"
    return [_shown(row) for row in store.query(sql, (rig,))]


def all_of(store: Store) -> list[Record]:
    """Every hold there is, the deepest first."""
    return [_shown(row) for row in store.query(f"SELECT * FROM holds ORDER BY {_DEEPEST_FIRST}")]


def _shown(row: Record) -> Record:
    same = ("rig", "cause", "depth", "reason", "hint")
    return {**{name: row[name] for name in same}, "by": row["placed_by"], "since": utc(row["since"])}
