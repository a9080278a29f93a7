"""Turns: what each turn of each session came to, and what it used."""

from gastown.events.envelope import Recorded
from gastown.events.turn import TurnEnded, Usage
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

TURNS = Table(
    "turns",
    key=("session", "number"),
    columns={
        "session": "",
        "number": 0,
        "position": 0,
        "ended_at": 0.0,
        "turn_end": "",
        "text": "",
        "model": "",
        "told": 0,  # whether its vendor told what it used
        "fresh": 0,
        "cache_read": 0,
        "cache_write": 0,
        "output": 0,
        "cost": None,  # USD
        "failure": "",
        "status": None,
        "seconds": 0.0,
    },
    indexes=("ended_at",),
)

turns = Projection("turns", 2, TURNS)


@turns.on(TurnEnded)
def ended(at: Recorded, event: TurnEnded) -> Changes:
    usage = event.usage or Usage()
    row = TURNS.put(
        session=at.entity.id,
        number=event.number,
        position=at.position,
        ended_at=at.envelope.time,
        turn_end=event.end,
        text=event.text,
        model=event.model,
        told=int(event.usage is not None),
        fresh=usage.fresh,
        cache_read=usage.cache_read,
        cache_write=usage.cache_write,
        output=usage.output,
        cost=usage.cost,
        failure=event.failure.kind if event.failure else "",
        status=event.failure.status if event.failure else None,
        seconds=event.seconds,
    )
    return (row,)


def of_session(store: Store, session: str) -> list[Record]:
    """Its turns, the first first.

    {number, ended_at, end, text, model, told, fresh, cache_read, cache_write, output, cost, failure, status, seconds}
    """
    sql = (
        'SELECT number, ended_at, turn_end AS "end", text, model, told, fresh, cache_read, cache_write, output, cost,'
        " failure, status, seconds FROM turns WHERE session = ? ORDER BY number"
    )
    rows = store.query(sql, (session,))
    return [{**row, "told": bool(row["told"]), "ended_at": utc(row["ended_at"])} for row in rows]
