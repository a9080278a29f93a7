"""Beads, as Beads itself shows them, with what the town knows besides: rig, convoy, attempts, state, landing.

What has been said about a bead is kept apart (slung, at work, blocked, closed) and its state is derived from that: a
bead that is unslung while a worker has it is open only when the worker has ended, and one that was closed stays so.
"""

from collections.abc import Sequence
from typing import Any

import msgspec

from gastown.events.bead import (
    KIND,
    AgentChanged,
    BeadAssigned,
    BeadBlocked,
    BeadClosed,
    BeadCreated,
    BeadLanded,
    BeadReopened,
    BeadRetried,
    BeadReturned,
    BeadSlung,
    BeadStarted,
    BeadSubmitted,
    BeadUnslung,
    BeadUpdated,
    NeedAdded,
    NeedRemoved,
)
from gastown.events.convoy import ConvoyExtended, ConvoyOpened
from gastown.events.envelope import Recorded
from gastown.events.kept import Kept, Text
from gastown.events.unreadable import Unreadable
from gastown.projections.bead_json import STATUS, bead_record, dependency
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Change, Changes, Patch, Table, Value

BEADS = Table(
    "beads",
    key=("id",),
    columns={
        "id": "",
        "rig": "",
        "title": "",
        "description": "",
        "acceptance": "",
        "notes": "",
        "priority": 2,
        "issue_type": "",
        "assignee": "",
        "created_by": "",
        "position": 0,  # of its creation: the order of age
        "created_at": 0.0,
        "updated_at": 0.0,
        "started_at": None,
        "closed_at": None,
        "close_reason": "",
        "closed_by_session": "",
        "convoy": "",
        "slung": 0,
        "agent": "",
        "asked_agent": "",  # by its sling
        "attempts": 0,
        "session": "",
        "polecat": "",
        "submission": "",
        "blocked": "",  # or "blocked", "escalated"
        "blocked_reason": "",
        "closed": "",  # or "closed", "landed"
        "landed_commit": None,
        "description_kept": "",  # the digest of a long text, of which only the beginning stands above
        "acceptance_kept": "",
        "notes_kept": "",
        "parked": "",  # why nothing more is believed of it
        "slung_to": "",  # towns that it is to go to
        "offered": "",  # to which town
        "offered_until": None,
        "away": "",  # in which town
        "away_since": None,
        "away_stuck": "",  # why a person is needed there
        "not_taken": "",  # why a town did not take it
        "received_from": "",
        "commits_coming": 0,  # they came along with it, and are being fetched
        "commits_missed": "",  # why it is begun without them
    },
    once=frozenset({"started_at"}),
    derived={
        "state": "CASE WHEN parked <> '' THEN 'parked' WHEN closed <> '' THEN closed WHEN blocked <> '' THEN blocked"
        " WHEN away <> '' THEN 'away' WHEN offered <> '' THEN 'offered'"
        " WHEN submission <> '' THEN 'submitted' WHEN polecat <> '' THEN 'running'"
        " WHEN slung = 1 OR session <> '' THEN 'slung' ELSE 'open' END",
        "worker": "CASE WHEN polecat <> '' THEN rig || '/polecats/' || polecat ELSE assignee END",
    },
    indexes=("state, priority, position", "convoy"),
)
NEEDS = Table(
    "needs",
    key=("bead", "need"),
    columns={"bead": "", "need": "", "position": 0, "ordinal": 0, "created_at": 0.0, "created_by": ""},
)

beads = Projection("beads", 1, BEADS, NEEDS)

KEPT_APART = ("description", "acceptance", "notes")
"""Texts of which the row may hold the beginning only."""

DONE = ("landed", "closed")
_NOT_AT_WORK = {"session": "", "polecat": "", "submission": ""}


def _change(at: Recorded, **values: Value) -> Patch:
    return BEADS.patch(at.entity.id, updated_at=at.envelope.time, **values)


@beads.on(BeadCreated)
def created(at: Recorded, event: BeadCreated) -> Changes:
    by, when = at.envelope.actor, at.envelope.time
    row = BEADS.put(
        id=at.entity.id,
        rig=event.rig,
        title=event.title,
        **text_columns("description", event.description),
        **text_columns("acceptance", event.acceptance),
        priority=event.priority,
        issue_type=event.issue_type,
        created_by=by,
        position=at.position,
        created_at=when,
        updated_at=when,
    )
    return (row, *(_need(at, need, number) for number, need in enumerate(event.needs)))


def _need(at: Recorded, need: str, ordinal: int) -> Change:
    return NEEDS.put(
        bead=at.entity.id,
        need=need,
        position=at.position,
        ordinal=ordinal,
        created_at=at.envelope.time,
        created_by=at.envelope.actor,
    )


@beads.on(BeadUpdated)
def updated(at: Recorded, event: BeadUpdated) -> Changes:
    said = {name: value for name, value in msgspec.structs.asdict(event).items() if value is not None}
    for name in KEPT_APART:
        if name in said:
            said |= text_columns(name, said[name])
    return (_change(at, **said),)


def text_columns(name: str, text: Text) -> dict[str, str]:
    """The columns of a text that may be long."""
    if isinstance(text, Kept):
        return {name: text.head, f"{name}_kept": text.digest}
    return {name: text, f"{name}_kept": ""}


@beads.on(NeedAdded)
def need_added(at: Recorded, event: NeedAdded) -> Changes:
    return (_need(at, event.need, at.index), _change(at))


@beads.on(NeedRemoved)
def need_removed(at: Recorded, event: NeedRemoved) -> Changes:
    return (NEEDS.delete((at.entity.id, event.need)), _change(at))


@beads.on(ConvoyOpened, ConvoyExtended)
def joined(at: Recorded, event: ConvoyOpened | ConvoyExtended) -> Changes:
    return [BEADS.patch(bead, convoy=at.entity.id) for bead in event.beads]


@beads.on(BeadSlung)
def slung(at: Recorded, event: BeadSlung) -> Changes:
    agents = {"agent": event.agent, "asked_agent": event.agent}
    over = {"slung_to": ",".join(event.to), "not_taken": "", "blocked": "", "blocked_reason": ""}
    return (_change(at, slung=1, rig=event.rig, convoy=event.convoy, **agents, **over),)


@beads.on(AgentChanged)
def agent_changed(at: Recorded, event: AgentChanged) -> Changes:
    return (_change(at, agent=event.agent),)


@beads.on(BeadUnslung)
def unslung(at: Recorded, _: BeadUnslung) -> Changes:
    return (_change(at, slung=0, slung_to="", blocked="", blocked_reason=""),)


@beads.on(BeadAssigned)
def assigned(at: Recorded, event: BeadAssigned) -> Changes:
    return (_change(at, session=event.session, attempts=event.number, agent=event.agent),)


@beads.on(BeadStarted)
def started(at: Recorded, event: BeadStarted) -> Changes:
    return (_change(at, session=event.session, polecat=event.polecat, started_at=at.envelope.time),)


@beads.on(BeadSubmitted)
def submitted(at: Recorded, event: BeadSubmitted) -> Changes:
    return (_change(at, submission=event.submission),)


@beads.on(BeadReturned)
def returned(at: Recorded, _: object) -> Changes:
    return (_change(at, **_NOT_AT_WORK),)


@beads.on(BeadBlocked)
def blocked(at: Recorded, event: BeadBlocked) -> Changes:
    word = "escalated" if event.escalated else "blocked"
    return (_change(at, blocked=word, blocked_reason=event.reason, **_NOT_AT_WORK),)


@beads.on(BeadRetried)
def retried(at: Recorded, _: BeadRetried) -> Changes:
    return (_change(at, slung=1, blocked="", blocked_reason=""),)


@beads.on(BeadLanded)
def landed(at: Recorded, event: BeadLanded) -> Changes:
    said = {"close_reason": f"Merged in {event.target_commit}", "submission": event.submission}
    return (_change(at, closed="landed", closed_at=at.envelope.time, landed_commit=event.target_commit, **said),)


@beads.on(BeadClosed)
def closed(at: Recorded, event: BeadClosed) -> Changes:
    said = {"close_reason": event.reason, "closed_by_session": event.session}
    return (_change(at, closed="closed", closed_at=at.envelope.time, **said),)


@beads.on(BeadReopened)
def reopened(at: Recorded, _: BeadReopened) -> Changes:
    cleared = dict.fromkeys(("closed", "close_reason", "closed_by_session", "blocked", "blocked_reason"), "")
    back: dict[str, Value] = {"away": "", "away_since": None, "slung_to": "", "closed_at": None, "landed_commit": None}
    return (_change(at, **cleared, **_NOT_AT_WORK, **back, slung=0),)


@beads.on(Unreadable)
def unreadable(at: Recorded, event: Unreadable) -> Changes:
    return (BEADS.patch(at.entity.id, parked=event.why),) if at.entity.kind == KIND else ()


def show(store: Store, bead: str) -> Record | None:
    """One bead; None where there is none of this id."""
    return next(iter(_shown(store, store.query("SELECT * FROM beads WHERE id = ?", (bead,)))), None)


def listing(store: Store, limit: int = 0, **filters: str | int | None) -> list[Record]:
    """Beads by priority (0 first), then oldest first. limit 0: all.

    filters: status, state, rig, priority, issue_type, assignee, convoy; None: any.
    """
    given = {name: value for name, value in filters.items() if value is not None}
    return select(store, [FILTERS[name] for name in given], list(given.values()), limit)


FILTERS: dict[str, str] = {
    "status": "state IN (SELECT state FROM statuses WHERE status = ?)",
    "state": "state = ?",
    "rig": "rig = ?",
    "priority": "priority = ?",
    "issue_type": "issue_type = ?",
    "assignee": "worker = ?",
    "convoy": "convoy = ?",
}
_STATUSES = "WITH statuses (state, status) AS (VALUES " + ", ".join(str(pair) for pair in STATUS.items()) + ") "


def select(store: Store, conditions: Sequence[str], parameters: Sequence[Any], limit: int) -> list[Record]:
    """Beads that fulfil all of these SQL conditions, in the order of `listing`."""
    where = " AND ".join(conditions) or "true"
    sql = f"{_STATUSES} SELECT * FROM beads WHERE {where} ORDER BY priority, position, id LIMIT ?"
    return _shown(store, store.query(sql, (*parameters, limit or -1)))


def _shown(store: Store, rows: list[Record]) -> list[Record]:
    edges: dict[str, list[Record]] = {}
    sql = "SELECT * FROM needs WHERE bead IN (SELECT value FROM json_each(?)) ORDER BY bead, position, ordinal"
    for edge in store.query(sql, (msgspec.json.encode([row["id"] for row in rows]).decode(),)):
        edges.setdefault(edge["bead"], []).append(dependency(edge))
    return [bead_record(row, edges.get(row["id"])) for row in rows]


def needs_of(store: Store, bead: str) -> list[Record]:
    """What a bead needs, in the order it was said: {id, title, state, landed_commit}; elsewhere, as that says."""
    return store.query(
        "SELECT needs.need AS id, coalesce(b.title, '') AS title, coalesce(b.state, w.standing, 'unknown') AS state,"
        " b.landed_commit FROM needs LEFT JOIN beads AS b ON b.id = needs.need"
        " LEFT JOIN watches AS w ON w.bead = needs.need"
        " WHERE needs.bead = ? AND (b.id IS NOT NULL OR w.bead IS NOT NULL)"
        " ORDER BY needs.position, needs.ordinal",
        (bead,),
    )
