"""Which entities took part in which request (trace): by it `gt trace` finds all events of one trace."""

from gastown.events.envelope import Recorded
from gastown.events.fact import Fact
from gastown.events.ids import Entity
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Store
from gastown.projections.kernel.table import Changes, Table

REQUESTS = Table(
    "requests",
    key=("id", "kind", "correlation"),
    columns={"id": "", "kind": "", "correlation": "", "position": 0},
    indexes=("correlation",),
    first_wins=True,
)

requests = Projection("requests", 1, REQUESTS)


@requests.on_every
def took_part(at: Recorded, _: Fact) -> Changes:
    entity, correlation = at.entity, at.envelope.correlation
    if not correlation:
        return ()
    return (REQUESTS.put(id=entity.id, kind=entity.kind, correlation=correlation, position=at.position),)


def entities(store: Store, correlation: str) -> list[Entity]:
    """All that took part in this request, in the order they did. Empty where there was no such request."""
    sql = "SELECT kind, id FROM requests WHERE correlation = ? ORDER BY position, kind, id"
    return [Entity(row["kind"], row["id"]) for row in store.query(sql, (correlation,))]
