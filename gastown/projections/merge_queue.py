"""The merge queue: submissions on their way to the target, in the order they will land, and those that are over."""

from typing import Any

import msgspec

from gastown.events.envelope import Recorded
from gastown.events.submission import (
    CandidateProven,
    LandingApproved,
    LandingIntended,
    LandingRaced,
    LandingRefused,
    ProofBroke,
    ProofRetried,
    ProposalOpened,
    SubmissionConflicted,
    SubmissionLanded,
    SubmissionOvertaken,
    SubmissionReceived,
    SubmissionRed,
    SubmissionWithdrawn,
)
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

SUBMISSIONS = Table(
    "submissions",
    key=("id",),
    columns={
        "id": "",
        "rig": "",
        "bead": "",
        "session": "",
        "title": "",
        "priority": 2,
        "position": 0,
        "enqueued_at": 0.0,
        "commit_id": "",
        "worker_base": "",
        "stage": "queued",
        "staged": 0,  # the position that brought it into this stage
        "approved_at": None,
        "number": 0,
        "base": None,
        "candidate": None,
        "proposal": None,
        "gates": "[]",
        "reason": "",
        "tail": "",
        "retry_at": None,
        "target_commit": None,
        "landed_at": None,
        "ended_at": None,
    },
    once=frozenset({"approved_at"}),
    derived={
        "state": "CASE WHEN stage = 'held' AND approved_at IS NOT NULL THEN 'proven' ELSE stage END",
        "ended": "ended_at IS NOT NULL",
    },
    indexes=("ended, rig, priority, position", "bead", "landed_at"),
)

merge_queue = Projection("merge_queue", 1, SUBMISSIONS)


def _now(at: Recorded, stage: str, **values: Any) -> Changes:
    return (SUBMISSIONS.patch(at.entity.id, stage=stage, staged=at.position, **values),)


@merge_queue.on(SubmissionReceived)
def received(at: Recorded, event: SubmissionReceived) -> Changes:
    row = SUBMISSIONS.put(
        id=at.entity.id,
        rig=event.rig,
        bead=event.bead,
        session=event.session,
        title=event.title,
        priority=event.priority,
        position=at.position,
        enqueued_at=at.envelope.time,
        commit_id=event.commit,
        worker_base=event.base,
    )
    return (row,)


@merge_queue.on(CandidateProven)
def proven(at: Recorded, event: CandidateProven) -> Changes:
    return _now(
        at,
        "held" if event.land == "hold" else "proven",
        number=event.number,
        base=event.base,
        candidate=event.candidate,
        gates=msgspec.json.encode(event.gates).decode(),
        reason="",
        tail="",
        retry_at=None,
    )


@merge_queue.on(ProofBroke)
def broke(at: Recorded, event: ProofBroke) -> Changes:
    reason = f"{event.what}: {event.reason}"
    return _now(at, "broke", number=event.number, reason=reason, tail=event.tail, retry_at=event.retry_at)


@merge_queue.on(ProofRetried)
def retried(at: Recorded, _: ProofRetried) -> Changes:
    return _now(at, "queued", retry_at=None)


@merge_queue.on(LandingApproved)
def approved(at: Recorded, _: LandingApproved) -> Changes:
    return (SUBMISSIONS.patch(at.entity.id, approved_at=at.envelope.time),)


@merge_queue.on(LandingIntended)
def intended(at: Recorded, event: LandingIntended) -> Changes:
    return _now(at, "landing", base=event.expected, candidate=event.candidate)


@merge_queue.on(LandingRaced)
def raced(at: Recorded, event: LandingRaced) -> Changes:
    return _now(at, "queued", reason=f"the target moved to {event.found}", candidate=None)


@merge_queue.on(LandingRefused)
def refused(at: Recorded, event: LandingRefused) -> Changes:
    return _now(at, "refused", reason=event.reason)


@merge_queue.on(ProposalOpened)
def proposed(at: Recorded, event: ProposalOpened) -> Changes:
    return _now(at, "proposed", proposal=event.branch, candidate=event.candidate)


@merge_queue.on(SubmissionLanded)
def landed(at: Recorded, event: SubmissionLanded) -> Changes:
    when = at.envelope.time
    return _now(at, "landed", target_commit=event.target_commit, landed_at=when, ended_at=when, reason="")


@merge_queue.on(SubmissionOvertaken)
def overtaken(at: Recorded, event: SubmissionOvertaken) -> Changes:
    reason = f"{event.by} of the same bead has landed"
    return _now(at, "overtaken", reason=reason, ended_at=at.envelope.time)


@merge_queue.on(SubmissionConflicted)
def conflicted(at: Recorded, event: SubmissionConflicted) -> Changes:
    reason = f"conflict in {', '.join(event.files)}"
    return _now(at, "conflicted", base=event.base, reason=reason, ended_at=at.envelope.time)


@merge_queue.on(SubmissionRed)
def red(at: Recorded, event: SubmissionRed) -> Changes:
    said = {"base": event.base, "candidate": event.candidate, "tail": event.tail}
    reason = f"gate {event.gate}: exit {event.exit_code}"
    return _now(at, "red", reason=reason, ended_at=at.envelope.time, **said)


@merge_queue.on(SubmissionWithdrawn)
def withdrawn(at: Recorded, event: SubmissionWithdrawn) -> Changes:
    return _now(at, "withdrawn", reason=event.reason, ended_at=at.envelope.time)


# A queue that is resumed tries again at once whatever had broken or was refused before.
_SELECT = """
SELECT q.*, coalesce(s.branch, '') AS branch,
  CASE WHEN q.state IN ('broke', 'refused') AND r.queue_resumed > q.staged THEN 'queued' ELSE q.state END AS stands
FROM submissions AS q LEFT JOIN sessions AS s ON s.id = q.session LEFT JOIN rigs AS r ON r.name = q.rig
"""


def queue(store: Store, rig: str | None = None) -> list[Record]:
    """What is still on its way, per rig in the order it will land: highest priority, then oldest. place: from 1."""
    sql = f"{_SELECT} WHERE q.ended = 0 AND q.rig = coalesce(?, q.rig) ORDER BY q.rig, q.priority, q.position"
    places: dict[str, int] = {}
    shown: list[Record] = []
    for row in store.query(sql, (rig,)):
        places[row["rig"]] = places.get(row["rig"], 0) + 1
        shown.append({**_shown(row), "place": places[row["rig"]]})
    return shown


def ended(store: Store, rig: str | None = None, limit: int = 50) -> list[Record]:
    """What is over, the newest first. limit 0: all."""
    sql = (
        f"{_SELECT} WHERE q.ended = 1 AND q.rig = coalesce(?, q.rig) ORDER BY q.ended_at DESC, q.position DESC LIMIT ?"
    )
    return [_shown(row) for row in store.query(sql, (rig, limit or -1))]


def show(store: Store, submission: str) -> Record | None:
    """One submission, None where there is none of this id."""
    row = store.query_one(f"{_SELECT} WHERE q.id = ?", (submission,))
    return _shown(row) if row else None


def of_bead(store: Store, bead: str) -> list[Record]:
    """All submissions of a bead, oldest first."""
    return [_shown(row) for row in store.query(f"{_SELECT} WHERE q.bead = ? ORDER BY q.position", (bead,))]


def landing_of(store: Store, commit: str) -> Record | None:
    """The submission that landed as this commit of the target, or that this commit of a worker was. commit: the first
    digits are enough, where they are those of one only."""
    sql = f"{_SELECT} WHERE q.landed_at IS NOT NULL AND (q.target_commit GLOB :some OR q.commit_id GLOB :some) LIMIT 2"
    rows = store.query(sql, {"some": f"{commit}*"}) if commit.isalnum() else []
    return _shown(rows[0]) if len(rows) == 1 else None


def landed_on(store: Store, rig: str) -> list[Record]:
    """Everything that ever landed on this rig's target, oldest first: {submission, bead, commit, target_commit}."""
    return store.query(
        'SELECT id AS submission, bead, commit_id AS "commit", target_commit FROM submissions'
        " WHERE rig = ? AND landed_at IS NOT NULL ORDER BY landed_at, position",
        (rig,),
    )


def _shown(row: Record) -> Record:
    same = ("bead", "rig", "session", "title", "priority", "branch")
    rest = ("base", "candidate", "target_commit", "number", "proposal", "reason", "tail")
    return {
        "submission": row["id"],
        **{name: row[name] for name in same},
        "commit": row["commit_id"],
        "state": row["stands"],
        **{name: row[name] for name in rest},
        "gates": msgspec.json.decode(row["gates"]),
        **{name: utc(row[name]) for name in ("enqueued_at", "approved_at", "retry_at", "landed_at", "ended_at")},
    }
