"""Rigs: how each is set, and whether something holds it up."""

import msgspec

from gastown.events.envelope import Recorded
from gastown.events.rig import RigAdded, RigChanged, RigConfig, RigPaused, RigRemoved, RigResumed
from gastown.events.target import QueuePaused, QueueResumed, TargetMoved
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
        "paused_reason": None,
        "paused_hint": "",
        "queue_paused_reason": None,
        "queue_paused_hint": "",
        "queue_resumed": 0,  # position of the last time
        "target_moved_to": None,
        "target_moved_at": None,
        "target_rewritten": 0,
    },
    derived={
        "state": "CASE WHEN paused_reason IS NULL AND queue_paused_reason IS NULL THEN 'active' ELSE 'paused' END"
    },
)

rigs = Projection("rigs", 1, RIGS)


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


@rigs.on(RigPaused)
def paused(at: Recorded, event: RigPaused) -> Changes:
    return (RIGS.patch(at.entity.id, paused_reason=event.reason, paused_hint=event.hint),)


@rigs.on(RigResumed)
def resumed(at: Recorded, _: RigResumed) -> Changes:
    return (RIGS.patch(at.entity.id, paused_reason=None, paused_hint=""),)


@rigs.on(QueuePaused)
def queue_paused(at: Recorded, event: QueuePaused) -> Changes:
    return (RIGS.patch(at.entity.id, queue_paused_reason=event.reason, queue_paused_hint=event.hint),)


@rigs.on(QueueResumed)
def queue_resumed(at: Recorded, _: QueueResumed) -> Changes:
    return (RIGS.patch(at.entity.id, queue_paused_reason=None, queue_paused_hint="", queue_resumed=at.position),)


@rigs.on(TargetMoved)
def target_moved(at: Recorded, event: TargetMoved) -> Changes:
    when, rewritten = at.envelope.time, int(event.rewritten)
    return (RIGS.patch(at.entity.id, target_moved_to=event.new, target_moved_at=when, target_rewritten=rewritten),)


def show(store: Store, rig: str) -> Record | None:
    """One rig: {name, state, paused_reason, paused_hint, ...} and its settings by the names of RigConfig."""
    row = store.query_one("SELECT * FROM rigs WHERE name = ?", (rig,))
    return _shown(row) if row else None


def listing(store: Store) -> list[Record]:
    """All rigs by name."""
    return [_shown(row) for row in store.query("SELECT * FROM rigs ORDER BY name")]


def config(store: Store, rig: str) -> RigConfig | None:
    """How a rig is set, as the events have it."""
    row = store.query_one("SELECT config FROM rigs WHERE name = ?", (rig,))
    return msgspec.json.decode(row["config"], type=RigConfig) if row else None


def _shown(row: Record) -> Record:
    return {
        "name": row["name"],
        "state": row["state"],
        "paused_reason": row["paused_reason"] or row["queue_paused_reason"],
        "paused_hint": row["paused_hint"] or row["queue_paused_hint"],
        **msgspec.json.decode(row["config"]),
        "added_at": utc(row["added_at"]),
        "target_moved_to": row["target_moved_to"],
        "target_moved_at": utc(row["target_moved_at"]),
        "target_rewritten": bool(row["target_rewritten"]),
    }
