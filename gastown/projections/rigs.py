"""Rigs: how each is set, and whether something holds it up."""

import msgspec

from gastown.events.envelope import Recorded
from gastown.events.rig import RigAdded, RigChanged, RigConfig, RigRemoved
from gastown.events.target import QueuePaused, QueueResumed, TargetMoved
from gastown.projections import holds
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

RIGS = Table(
    "rigs",
    key=("name",),
    columns={
        "name": "",
        "config": "{}",
        "position": 0,
        "added_at": 0.0,
        "queue_paused_reason": None,
        "queue_paused_hint": "",
        "queue_paused_at": 0.0,
        "queue_resumed": 0,  # position of the last time
        "target_moved_to": None,
        "target_moved_at": None,
        "target_rewritten": 0,
    },
)

rigs = Projection("rigs", 2, RIGS)


def _written(config: RigConfig) -> str:
    return msgspec.json.encode(config).decode()


@rigs.on(RigAdded)
def added(at: Recorded, event: RigAdded) -> Changes:
    config = _written(event.config)
    return (RIGS.put(name=at.entity.id, config=config, position=at.position, added_at=at.envelope.time),)


@rigs.on(RigChanged)
def changed(at: Recorded, event: RigChanged) -> Changes:
    return (RIGS.patch(at.entity.id, config=_written(event.config)),)


@rigs.on(RigRemoved)
def removed(at: Recorded, _: RigRemoved) -> Changes:
    return (RIGS.delete(at.entity.id),)


@rigs.on(QueuePaused)
def queue_paused(at: Recorded, event: QueuePaused) -> Changes:
    said = {"queue_paused_reason": event.reason, "queue_paused_hint": event.hint}
    return (RIGS.patch(at.entity.id, **said, queue_paused_at=at.envelope.time),)


@rigs.on(QueueResumed)
def queue_resumed(at: Recorded, _: QueueResumed) -> Changes:
    return (RIGS.patch(at.entity.id, queue_paused_reason=None, queue_paused_hint="", queue_resumed=at.position),)


@rigs.on(TargetMoved)
def target_moved(at: Recorded, event: TargetMoved) -> Changes:
    when, rewritten = at.envelope.time, int(event.rewritten)
    return (RIGS.patch(at.entity.id, target_moved_to=event.new, target_moved_at=when, target_rewritten=rewritten),)


def show(store: Store, rig: str) -> Record | None:
    """One rig: {name, state, holds, ...} and its settings by the names of RigConfig.

    state: "active"; "full": it takes no new work; "paused"; "stopped". holds: why, see `holds.on_rig`.
    """
    row = store.query_one("SELECT * FROM rigs WHERE name = ?", (rig,))
    return _shown(row, holds.on_rig(store, rig)) if row else None


def listing(store: Store) -> list[Record]:
    """All rigs by name."""
    return [_shown(row, holds.on_rig(store, row["name"])) for row in store.query("SELECT * FROM rigs ORDER BY name")]


def config(store: Store, rig: str) -> RigConfig | None:
    """How a rig is set, as the events have it."""
    row = store.query_one("SELECT config FROM rigs WHERE name = ?", (rig,))
    return msgspec.json.decode(row["config"], type=RigConfig) if row else None


STATES = {"intake": "full", "pause": "paused", "stop": "stopped"}
"""What a rig is called that is held so deep; the deeper ones later."""


def _shown(row: Record, held: list[Record]) -> Record:
    if row["queue_paused_reason"] is not None and not any(one["cause"] == "pause" for one in held):  # being told
        held = sorted([_trouble(row), *held], key=lambda one: list(STATES).index(one["depth"]), reverse=True)
    return {
        "name": row["name"],
        "state": STATES[held[0]["depth"]] if held else "active",
        "holds": held,
        **msgspec.json.decode(row["config"]),
        "added_at": utc(row["added_at"]),
        "target_moved_to": row["target_moved_to"],
        "target_moved_at": utc(row["target_moved_at"]),
        "target_rewritten": bool(row["target_rewritten"]),
    }


def _trouble(row: Record) -> Record:
    said = {"reason": row["queue_paused_reason"], "hint": row["queue_paused_hint"]}
    by, since = f"refinery/{row['name']}", utc(row["queue_paused_at"])
    return {"rig": row["name"], "cause": "pause", "depth": "pause", **said, "by": by, "since": since}
