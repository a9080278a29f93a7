"""Sessions: every agent that was ever set to work, and what became of it."""

from collections.abc import Iterable

import msgspec

from gastown.events.account import own
from gastown.events.envelope import Recorded
from gastown.events.gate import TurnPermitted, TurnPostponed, TurnRefused
from gastown.events.resuming import AgentLost, SessionResumed
from gastown.events.session import DoneDeclared, SessionEnded, SessionOpened, SessionStarted, StopRequested
from gastown.events.turn import ConversationOpened
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

SESSIONS = Table(
    "sessions",
    key=("id",),
    columns={
        "id": "",
        "rig": "",
        "bead": "",
        "polecat": "",
        "agent": "",
        "account": "",
        "host": "",
        "vendor": "",
        "number": 0,
        "position": 0,
        "opened_at": 0.0,
        "earlier_session": "",
        "started_at": None,
        "pid": None,
        "process_started": None,  # clock ticks since boot
        "worktree": "",
        "branch": "",
        "base": "",
        "reapplied": 0,
        "left_over": 0,
        "done_status": "",
        "stop_reason": None,
        "ended_at": None,
        "outcome": "",
        "reason": "",
        "commit_id": "",
        "kept": "",
        "kept_commit": "",
        "untracked": "[]",
        "exit_code": None,
        "signal": None,
        "tail": "",
        "seconds": 0.0,
        "conversation": "",
        "model": "",
        "waits": 0,  # for its account
        "resumed": 0,  # how many times its agent was gone and has gone on
        "lost": 0,  # it is gone now, and is to go on
    },
    derived={
        "state": "CASE WHEN ended_at IS NOT NULL THEN 'ended' WHEN stop_reason IS NOT NULL THEN 'stopping'"
        " WHEN lost THEN 'interrupted' WHEN waits THEN 'throttled' WHEN pid IS NOT NULL THEN 'working' ELSE 'starting'"
        " END"
    },
    indexes=("bead", "ended_at"),
)

sessions = Projection("sessions", 4, SESSIONS)


@sessions.on(SessionOpened)
def opened(at: Recorded, event: SessionOpened) -> Changes:
    row = SESSIONS.put(
        id=at.entity.id,
        rig=event.rig,
        bead=event.bead,
        polecat=event.polecat,
        agent=event.agent.name,
        account=event.account or own(event.agent.name),
        host=event.host,
        vendor=event.agent.vendor,
        model=event.agent.model,
        number=event.number,
        position=at.position,
        opened_at=at.envelope.time,
        earlier_session=event.earlier.session if event.earlier else "",
    )
    return (row,)


@sessions.on(SessionStarted)
def started(at: Recorded, event: SessionStarted) -> Changes:
    change = SESSIONS.patch(
        at.entity.id,
        started_at=at.envelope.time,
        pid=event.pid,
        process_started=event.started,
        worktree=event.worktree,
        branch=event.branch,
        base=event.base,
        reapplied=event.reapplied,
        left_over=event.left,
    )
    return (change,)


@sessions.on(ConversationOpened)
def conversation_opened(at: Recorded, event: ConversationOpened) -> Changes:
    named = {"model": event.model} if event.model else {}
    return (SESSIONS.patch(at.entity.id, conversation=event.conversation, **named),)


@sessions.on(AgentLost)
def lost(at: Recorded, event: AgentLost) -> Changes:
    return (SESSIONS.patch(at.entity.id, lost=1, pid=None, process_started=None),)


@sessions.on(SessionResumed)
def resumed(at: Recorded, event: SessionResumed) -> Changes:
    again = {"pid": event.pid, "process_started": event.started}
    return (SESSIONS.patch(at.entity.id, lost=0, resumed=event.run, **again),)


@sessions.on(TurnPostponed, TurnPermitted, TurnRefused)
def postponed(_: Recorded, event: TurnPostponed | TurnPermitted | TurnRefused) -> Changes:
    return (SESSIONS.patch(event.session, waits=int(isinstance(event, TurnPostponed))),)


@sessions.on(DoneDeclared)
def done_declared(at: Recorded, event: DoneDeclared) -> Changes:
    return (SESSIONS.patch(at.entity.id, done_status=event.status),)


@sessions.on(StopRequested)
def stop_requested(at: Recorded, event: StopRequested) -> Changes:
    return (SESSIONS.patch(at.entity.id, stop_reason=event.reason),)


@sessions.on(SessionEnded)
def ended(at: Recorded, event: SessionEnded) -> Changes:
    change = SESSIONS.patch(
        at.entity.id,
        ended_at=at.envelope.time,
        outcome=event.outcome,
        reason=event.reason,
        commit_id=event.commit,
        kept=event.kept,
        kept_commit=event.kept_commit,
        untracked=msgspec.json.encode(event.untracked).decode(),
        exit_code=event.exit_code,
        signal=event.signal,
        tail=event.tail,
        seconds=event.seconds,
    )
    if event.base:  # a session that never started ends without one
        change.values["base"] = event.base
    return (change,)


def show(store: Store, session: str) -> Record | None:
    """One session, None where there is none of this id."""
    row = store.query_one("SELECT * FROM sessions WHERE id = ?", (session,))
    return _shown(row) if row else None


def host_of(store: Store, session: str) -> str:
    """The host that it is with, or was; "", the one at home, where there is no such session."""
    row = store.query_one("SELECT host FROM sessions WHERE id = ?", (session,))
    return row["host"] if row else ""


def listing(store: Store, bead: str | None = None, *, running: bool = False) -> list[Record]:
    """Sessions, oldest first: all, those of one bead, those that have not ended."""
    conditions = (["bead = ?"] if bead else []) + (["ended_at IS NULL"] if running else []) or ["true"]
    sql = f"SELECT * FROM sessions WHERE {' AND '.join(conditions)} ORDER BY position"
    return [_shown(row) for row in store.query(sql, (bead,) if bead else ())]


def _shown(row: Record) -> Record:
    unsaid = ("position", "stop_reason", "left_over", "lost", "waits")
    named = {name: value for name, value in row.items() if name not in unsaid}
    times = {name: utc(row[name]) for name in ("opened_at", "started_at", "ended_at")}
    commit = {
        "commit": named.pop("commit_id"),
        "left": row["left_over"],
        "untracked": msgspec.json.decode(row["untracked"]),
    }
    address = f"{row['rig']}/polecats/{row['polecat']}"
    return {**named, **times, **commit, "address": address, "reason": row["reason"] or row["stop_reason"] or ""}


def ended_for_good(store: Store, among: Iterable[str], before: float) -> list[str]:
    """Those of these sessions that ended before a time (seconds since the epoch), and whose beads are done."""
    sql = (
        "SELECT s.id FROM json_each(?) AS given"
        " JOIN sessions AS s ON s.id = given.value JOIN beads ON beads.id = s.bead"
        " WHERE s.ended_at < ? AND beads.state IN ('landed', 'closed') ORDER BY s.position"
    )
    return [row["id"] for row in store.query(sql, (msgspec.json.encode(tuple(among)).decode(), before))]
