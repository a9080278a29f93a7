"""Seances: what copies of conversations were asked, and what that used."""

from gastown.events.envelope import Recorded
from gastown.events.seance import SeanceHeld
from gastown.events.turn import Usage
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.table import Changes, Table

SEANCES = Table(
    "seances",
    key=("session", "position"),
    columns={
        "session": "",
        "position": 0,
        "ended_at": 0.0,
        "model": "",
        "told": 0,  # whether its vendor told what it used
        "fresh": 0,
        "cache_read": 0,
        "cache_write": 0,
        "output": 0,
        "cost": None,  # USD
    },
    indexes=("ended_at",),
)

seances = Projection("seances", 1, SEANCES)


@seances.on(SeanceHeld)
def held(at: Recorded, event: SeanceHeld) -> Changes:
    usage = event.usage or Usage()
    row = SEANCES.put(
        session=at.entity.id,
        position=at.position,
        ended_at=at.envelope.time,
        model=event.model,
        told=int(event.usage is not None),
        fresh=usage.fresh,
        cache_read=usage.cache_read,
        cache_write=usage.cache_write,
        output=usage.output,
        cost=usage.cost,
    )
    return (row,)
