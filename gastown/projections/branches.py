"""Kept branches: whatever an attempt left that is not on the target. Questions to other views.

Of a town that was adopted, what was kept before that is on the lost machine.
"""

from gastown.projections.kernel.store import Record, Store

SUBMITTED = "gastown/submitted/"
"""Where a submission's commit is pinned, below refs/."""

_HERE = "position > coalesce((SELECT max(bare_until) FROM town), 0)"

# A submission that did not land is kept where it was pinned, unless the session's own kept branch has it.
_KEPT = f"""
SELECT s.rig, s.kept AS branch, s.kept_commit AS "commit", s.bead, s.outcome || ': ' || s.reason AS reason,
  s.id AS session, s.ended_at AS kept_at, s.position
FROM sessions AS s WHERE s.kept <> ''
UNION ALL
SELECT q.rig, '{SUBMITTED}' || q.id, q.commit_id, q.bead, q.state || ': ' || q.reason, q.session, q.ended_at, q.position
FROM submissions AS q LEFT JOIN sessions AS s ON s.id = q.session
WHERE q.ended = 1 AND q.landed_at IS NULL AND q.commit_id <> coalesce(s.kept_commit, '')
"""


def listing(store: Store, rig: str | None = None, bead: str | None = None) -> list[Record]:
    """{rig, branch, commit, bead, reason, session, ref}, oldest first."""
    sql = f"""SELECT * FROM ({_KEPT}) WHERE {_HERE} AND rig = coalesce(?, rig) AND bead = coalesce(?, bead)
        ORDER BY kept_at, position"""
    shown = ("rig", "branch", "commit", "bead", "reason", "session")
    return [
        {**{name: row[name] for name in shown}, "ref": ref_of(row["branch"])} for row in store.query(sql, (rig, bead))
    ]


def ref_of(branch: str) -> str:
    """The full name of a kept branch in the Refinery's repository."""
    if branch.startswith("refs/"):
        return branch
    return f"refs/{branch}" if branch.startswith(SUBMITTED) else f"refs/heads/{branch}"


def pins(store: Store, rig: str) -> list[tuple[str, str]]:
    """Every (ref, commit) that must be in the Refinery's repository: what was ever submitted, what was kept."""
    where = f"WHERE {_HERE} AND rig = ?"
    submitted = store.query(f"SELECT id, commit_id FROM submissions {where} ORDER BY position", (rig,))
    kept = store.query(f"SELECT kept, kept_commit FROM sessions {where} AND kept <> '' ORDER BY position", (rig,))
    return [
        *((f"refs/{SUBMITTED}{row['id']}", row["commit_id"]) for row in submitted),
        *((ref_of(row["kept"]), row["kept_commit"]) for row in kept),
    ]
