"""Policies: what agents may use, by whose they are."""

import msgspec

from gastown.events.envelope import Recorded
from gastown.events.policy import Policy, PolicyDropped, PolicySet, policy_id, rig_of
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

POLICIES = Table("policies", key=("id",), columns={"id": "", "policy": "", "set_at": 0.0, "set_by": ""})

policies = Projection("policies", 1, POLICIES)


@policies.on(PolicySet)
def set_(at: Recorded, event: PolicySet) -> Changes:
    written = msgspec.json.encode(event.policy).decode()
    return (POLICIES.put(id=at.entity.id, policy=written, set_at=at.envelope.time, set_by=at.envelope.actor),)


@policies.on(PolicyDropped)
def dropped(at: Recorded, _: PolicyDropped) -> Changes:
    return (POLICIES.delete(at.entity.id),)


def for_rig(store: Store, rig: str) -> Policy | None:
    """The one that counts for the agents of this rig: its own, else the town's. None: there is none."""
    row = _row(store, rig) or _row(store, "")
    return msgspec.json.decode(row["policy"], type=Policy) if row else None


def _row(store: Store, rig: str) -> Record | None:
    return store.query_one("SELECT * FROM policies WHERE id = ?", (policy_id(rig),))


def show(store: Store, rig: str) -> Record | None:
    """{rig, default, rules, network, unasking, set_at, by}: of this very rig, "" for the town; None: it has none."""
    row = _row(store, rig)
    return _shown(row) if row else None


def listing(store: Store) -> list[Record]:
    """All there are, the town's first."""
    return [_shown(row) for row in store.query("SELECT * FROM policies ORDER BY id <> 'town', id")]


def _shown(row: Record) -> Record:
    policy = msgspec.to_builtins(msgspec.json.decode(row["policy"], type=Policy))
    return {"rig": rig_of(row["id"]), **policy, "set_at": utc(row["set_at"]), "by": row["set_by"]}
