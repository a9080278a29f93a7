"""Messages to agents at work: which were told, and which wait."""

from collections.abc import Iterator

from gastown.events.envelope import Recorded
from gastown.events.turn import MessageDeferred, MessageQueued, MessagesTaken
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Change, Changes, Table
from gastown.projections.rfc3339 import utc

MESSAGES = Table(
    "messages",
    key=("id", "session"),
    columns={
        "id": "",
        "session": "",
        "position": 0,
        "sender": "",
        "text": "",
        "urgent": 0,
        "queued_at": 0.0,
        "taken_at": None,
        "deferred": "",  # why it could not be told within a turn
    },
    indexes=("session",),
)

messages = Projection("messages", 1, MESSAGES)


@messages.on(MessageQueued)
def queued(at: Recorded, event: MessageQueued) -> Changes:
    row = MESSAGES.put(
        id=event.message,
        session=at.entity.id,
        position=at.position,
        sender=event.sender,
        text=event.text,
        urgent=int(event.urgent),
        queued_at=at.envelope.time,
    )
    return (row,)


@messages.on(MessagesTaken)
def taken(at: Recorded, event: MessagesTaken) -> Iterator[Change]:
    for key in event.messages:
        yield MESSAGES.patch((key, at.entity.id), taken_at=at.envelope.time)


@messages.on(MessageDeferred)
def deferred(at: Recorded, event: MessageDeferred) -> Changes:
    return (MESSAGES.patch((event.message, at.entity.id), deferred=event.reason),)


def of_session(store: Store, session: str) -> list[Record]:
    """{id, sender, text, urgent, deferred, queued_at, taken_at}: as they came; taken_at null: not told yet."""
    sql = (
        "SELECT id, sender, text, urgent, deferred, queued_at, taken_at FROM messages WHERE session = ?"
        " ORDER BY position, id"
    )
    times = ("queued_at", "taken_at")
    return [
        {**row, "urgent": bool(row["urgent"]), **{name: utc(row[name]) for name in times}}
        for row in store.query(sql, (session,))
    ]
