"""Asks: what agents may not use before a person has said so."""

from gastown.events.ask import AskAnswered, AskClosed, AskRaised
from gastown.events.envelope import Recorded
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

ASKS = Table(
    "asks",
    key=("id",),
    columns={
        "id": "",
        "session": "",
        "position": 0,
        "turn": 0,
        "tool": "",
        "title": "",
        "detail": "",
        "asked_at": 0.0,
        "allow": None,
        "reason": "",
        "answered_by": "",
        "answered_at": None,
        "closed_at": None,
        "how": "",
    },
    indexes=("closed_at",),
)

asks = Projection("asks", 1, ASKS)


@asks.on(AskRaised)
def raised(at: Recorded, event: AskRaised) -> Changes:
    row = ASKS.put(
        id=event.ask,
        session=at.entity.id,
        position=at.position,
        turn=event.turn,
        tool=event.tool,
        title=event.title,
        detail=event.detail,
        asked_at=at.envelope.time,
    )
    return (row,)


@asks.on(AskAnswered)
def answered(at: Recorded, event: AskAnswered) -> Changes:
    said = {"allow": int(event.allow), "reason": event.reason}
    return (ASKS.patch(event.ask, **said, answered_by=at.envelope.actor, answered_at=at.envelope.time),)


@asks.on(AskClosed)
def closed(at: Recorded, event: AskClosed) -> Changes:
    return (ASKS.patch(event.ask, closed_at=at.envelope.time, how=event.how),)


_SHOWN = (
    "SELECT a.*, s.bead, s.rig, s.address, s.agent FROM asks AS a LEFT JOIN"
    " (SELECT id, bead, rig, agent, rig || '/polecats/' || polecat AS address FROM sessions) AS s ON s.id = a.session"
)


def show(store: Store, ask: str) -> Record | None:
    row = store.query_one(f"{_SHOWN} WHERE a.id = ?", (ask,))
    return _shown(row) if row else None


def listing(store: Store, *, all_of_them: bool = False) -> list[Record]:
    """{id, session, bead, rig, address, agent, turn, tool, title, detail, asked_at, state, allow, reason, by,
    answered_at, closed_at, how}: those that wait for an answer, the longest first; or all, the last ones first.

    state: "waiting"; "answered": its agent is being told; "closed".
    """
    if all_of_them:
        return [_shown(row) for row in store.query(f"{_SHOWN} ORDER BY a.position DESC, a.id LIMIT 500")]
    waiting = "WHERE a.closed_at IS NULL AND a.answered_at IS NULL"
    return [_shown(row) for row in store.query(f"{_SHOWN} {waiting} ORDER BY a.position, a.id")]


def by_session(store: Store) -> dict[str, Record]:
    """The one that each session has waited for the longest."""
    return {one["session"]: one for one in reversed(listing(store))}


def _shown(row: Record) -> Record:
    state = "closed" if row["closed_at"] else "answered" if row["answered_at"] else "waiting"
    same = ("id", "session", "bead", "rig", "address", "agent", "turn", "tool", "title", "detail")
    return {
        **{name: row[name] for name in same},
        "asked_at": utc(row["asked_at"]),
        "state": state,
        "allow": None if row["allow"] is None else bool(row["allow"]),
        "reason": row["reason"],
        "by": row["answered_by"],
        "answered_at": utc(row["answered_at"]),
        "closed_at": utc(row["closed_at"]),
        "how": row["how"],
    }
