"""Escalations: what only a person can move."""

from gastown.events.envelope import Recorded
from gastown.events.escalation import EscalationAcked, EscalationClosed, EscalationRaised
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

ESCALATIONS = Table(
    "escalations",
    key=("id",),
    columns={
        "id": "",
        "about_kind": "",
        "about": "",
        "severity": "",
        "reason": "",
        "hint": "",
        "position": 0,
        "raised_at": 0.0,
        "acked_at": None,
        "acked_by": "",
        "closed_at": None,
        "how": "",
    },
)

escalations = Projection("escalations", 1, ESCALATIONS)


@escalations.on(EscalationRaised)
def raised(at: Recorded, event: EscalationRaised) -> Changes:
    row = ESCALATIONS.put(
        id=at.entity.id,
        about_kind=event.about.kind,
        about=event.about.id,
        severity=event.severity,
        reason=event.reason,
        hint=event.hint,
        position=at.position,
        raised_at=at.envelope.time,
    )
    return (row,)


@escalations.on(EscalationAcked)
def acked(at: Recorded, event: EscalationAcked) -> Changes:
    return (ESCALATIONS.patch(at.entity.id, acked_at=at.envelope.time, acked_by=event.by),)


@escalations.on(EscalationClosed)
def closed(at: Recorded, event: EscalationClosed) -> Changes:
    return (ESCALATIONS.patch(at.entity.id, closed_at=at.envelope.time, how=event.how),)


def listing(store: Store, *, closed_too: bool = False) -> list[Record]:
    """{id, kind, about, severity, reason, hint, state, raised_at, acked_at, acked_by, closed_at, how}.

    state: open; acked: a person cares for it; closed. Those not closed, the worst first.
    """
    rank = "CASE severity WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END"
    which = "true" if closed_too else "closed_at IS NULL"
    sql = f"SELECT * FROM escalations WHERE {which} ORDER BY closed_at IS NOT NULL, {rank}, position"
    return [_shown(row) for row in store.query(sql)]


def _shown(row: Record) -> Record:
    return {
        "id": row["id"],
        "kind": row["about_kind"],
        "about": row["about"],
        "severity": row["severity"],
        "reason": row["reason"],
        "hint": row["hint"],
        "state": "closed" if row["closed_at"] is not None else "open" if row["acked_at"] is None else "acked",
        "raised_at": utc(row["raised_at"]),
        "acked_at": utc(row["acked_at"]),
        "acked_by": row["acked_by"],
        "closed_at": utc(row["closed_at"]),
        "how": row["how"],
    }
