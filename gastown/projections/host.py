"""The host that acts for the town: which process, where, and whether it is heard."""

from gastown.events.envelope import Recorded
from gastown.events.host import HostArrived, HostReturned, HostSilent
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

HOSTS = Table(
    "hosts",
    key=("id",),
    columns={"id": "", "host": "", "machine": "", "epoch": 0, "arrived_at": None, "silent_since": None},
)

host = Projection("host", 1, HOSTS)


@host.on(HostArrived)
def arrived(at: Recorded, event: HostArrived) -> Changes:
    row = HOSTS.put(
        id=at.entity.id, host=event.host, machine=event.machine, epoch=event.epoch, arrived_at=at.envelope.time
    )
    return (row,)


@host.on(HostSilent)
def silent(at: Recorded, event: HostSilent) -> Changes:
    del event
    return (HOSTS.patch(at.entity.id, silent_since=at.envelope.time),)


@host.on(HostReturned)
def returned(at: Recorded, event: HostReturned) -> Changes:
    del event
    return (HOSTS.patch(at.entity.id, silent_since=None),)


def show(store: Store) -> Record | None:
    """{host, machine, epoch, arrived_at, silent_since}; None while no host has come."""
    row = store.query_one("SELECT * FROM hosts WHERE epoch > 0")
    if row is None:
        return None
    times = {name: utc(row[name]) for name in ("arrived_at", "silent_since")}
    return {"host": row["host"], "machine": row["machine"], "epoch": row["epoch"], **times}
