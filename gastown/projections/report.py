"""The page for the morning: what landed, what needs a person, what was kept, what it took. Questions to other views."""

from gastown.projections import asks, attempts, branches, costs, escalations, holds, mail
from gastown.projections.kernel.store import Record, Store
from gastown.projections.rfc3339 import utc


def since(store: Store, moment: float) -> Record:
    """What happened at or after `moment` (seconds since the epoch), and all that needs a person now."""
    return {
        "since": utc(moment),
        "landed": _landed(store, moment),
        "closed": _closed(store, moment),
        "returned": attempts.since(store, moment),
        "needs_you": _needs_you(store),
        "kept": _kept(store, moment),
        "took": _took(store, moment),
    }


def _landed(store: Store, moment: float) -> list[Record]:
    sql = (
        "SELECT q.bead, b.title, q.rig, q.target_commit AS landed_commit, b.attempts, q.landed_at, q.position,"
        " NULL AS landed_in"
        " FROM submissions AS q JOIN beads AS b ON b.id = q.bead WHERE q.landed_at >= ?"
        f" UNION ALL {_FOUND} ORDER BY landed_at, position"
    )
    shown = ("bead", "title", "rig", "landed_commit", "landed_in", "attempts")
    rows = store.query(sql, (moment, moment))
    return [{**{name: row[name] for name in shown}, "landed_at": utc(row["landed_at"])} for row in rows]


_FOUND = """
SELECT b.id, b.title, b.rig, b.landed_commit, b.attempts, b.closed_at, b.position, a.town || '/' || a.rig
FROM beads AS b LEFT JOIN landed_abroad AS a ON a.bead = b.id
WHERE b.closed = 'landed' AND b.closed_at >= ? AND NOT EXISTS (SELECT 1 FROM submissions AS q WHERE q.id = b.submission)
"""
"""Landed as something that a restored town's log did not know, or in another town: there, in that rig."""


def _closed(store: Store, moment: float) -> list[Record]:
    sql = (
        "SELECT id AS bead, title, close_reason AS reason, closed_at FROM beads"
        " WHERE state = 'closed' AND closed_at >= ? ORDER BY closed_at, position"
    )
    return [{**row, "closed_at": utc(row["closed_at"])} for row in store.query(sql, (moment,))]


def _needs_you(store: Store) -> Record:
    blocked = store.query(
        "SELECT id AS bead, title, state, blocked_reason AS reason FROM beads"
        " WHERE state IN ('blocked', 'escalated') ORDER BY priority, position"
    )
    held = store.query(
        "SELECT id AS submission, bead, title FROM submissions WHERE ended = 0 AND state = 'held' ORDER BY position"
    )
    return {
        "blocked": blocked,
        "held": held,
        "asks": asks.listing(store),
        "holds": holds.all_of(store),
        "escalations": [one for one in escalations.listing(store) if one["state"] == "open"],
        "mail": mail.waiting_for_overseer(store),
    }


def _kept(store: Store, moment: float) -> list[Record]:
    ended = store.query("SELECT id FROM sessions WHERE ended_at >= ?", (moment,))
    recent = {row["id"] for row in ended}
    return [branch for branch in branches.listing(store) if branch["session"] in recent]


def _took(store: Store, moment: float) -> Record:
    """seconds: the workers' time, added up. costs: see `costs`, None where no agent told anything."""
    sql = (
        "SELECT count(*) AS sessions, coalesce(sum(outcome = 'submitted'), 0) AS submitted,"
        " coalesce(sum(seconds), 0.0) AS seconds FROM sessions WHERE ended_at >= ?"
    )
    (spent,) = costs.costs(store, "", moment) or [None]
    return {**store.query(sql, (moment,))[0], "costs": spent}
