"""How a bead looks to scripts: the field names of Beads, and the town's own."""

from gastown.projections.kernel.store import Record
from gastown.projections.rfc3339 import utc

STATUS = {
    "open": "open",
    "slung": "hooked",
    "running": "in_progress",
    "submitted": "in_progress",
    "offered": "hooked",
    "away": "in_progress",
    "blocked": "blocked",
    "escalated": "blocked",
    "parked": "blocked",
    "landed": "closed",
    "closed": "closed",
}
"""Beads' status of each state."""


def dependency(row: Record) -> Record:
    """One need, as Beads shows an edge."""
    return {
        "issue_id": row["bead"],
        "depends_on_id": row["need"],
        "type": "blocks",
        "created_at": utc(row["created_at"]),
        "created_by": row["created_by"],
    }


_TEXTS = (("description", "description"), ("acceptance", "acceptance_criteria"), ("notes", "notes"))
_ALWAYS = ("description", "assignee", "dependencies")
"""Shown empty too, where Beads leaves them out: scripts ask for them by name."""


def bead_record(row: Record, dependencies: list[Record] | None) -> Record:
    """One bead: Beads' own fields, then what the town knows besides.

    kept_apart: the fields that hold the beginning of a long text only, and the text's digest.
    """
    theirs = {
        "id": row["id"],
        "title": row["title"],
        "description": row["description"],
        "acceptance_criteria": row["acceptance"],
        "notes": row["notes"],
        "status": STATUS[row["state"]],
        "priority": row["priority"],
        "issue_type": row["issue_type"],
        "assignee": row["worker"],
        "created_at": utc(row["created_at"]),
        "created_by": row["created_by"],
        "updated_at": utc(row["updated_at"]),
        "started_at": utc(row["started_at"]),
        "closed_at": utc(row["closed_at"]),
        "close_reason": row["close_reason"],
        "closed_by_session": row["closed_by_session"],
        "dependencies": dependencies or [],
        "session": row["session"],
        "agent": row["agent"],
        "blocked_reason": row["parked"] or row["blocked_reason"],
    }
    ours = {name: row[name] or None for name in ("rig", "convoy", "submission", "landed_commit")}
    digests = {name: digest for column, name in _TEXTS if (digest := row[f"{column}_kept"])}
    apart = {"kept_apart": digests} if digests else {}
    here = {name: value for name, value in theirs.items() if name in _ALWAYS or value not in ("", None)}
    return {**here, "state": row["state"], "attempts": row["attempts"], **ours, **apart, **_abroad(row)}


def _abroad(row: Record) -> Record:
    """Under `abroad`, whatever there is of: slung_to, offered {town, until}, away {town, since, stuck}, not_taken,
    received_from, fetching (commits that came along), without (why it is begun without those). Nothing for a bead that
    was never to leave this town, nor came from another."""
    offered, away = row["offered"], row["away"]
    said = {
        "slung_to": row["slung_to"].split(",") if row["slung_to"] else None,
        "offered": {"town": offered, "until": utc(row["offered_until"])} if offered else None,
        "away": {"town": away, "since": utc(row["away_since"]), "stuck": row["away_stuck"] or None} if away else None,
        "not_taken": row["not_taken"] or None,
        "received_from": row["received_from"] or None,
        "fetching": True if row["commits_coming"] else None,
        "without": row["commits_missed"] or None,
    }
    found = {name: value for name, value in said.items() if value is not None}
    return {"abroad": found} if found else {}
