"""The hosts that act for the town: which process, where, and whether it is heard."""

from gastown.events.envelope import Recorded
from gastown.events.host import (
    HOME,
    HostAdmitted,
    HostArrived,
    HostInvited,
    HostLeft,
    HostLost,
    HostReturned,
    HostRevoked,
    HostSilent,
)
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

HOSTS = Table(
    "hosts",
    key=("id",),
    columns={
        "id": "",
        "host": "",
        "machine": "",
        "epoch": 0,
        "slots": 0,
        "state": "",
        "since": None,
        "expires": None,  # of an invitation that nobody has come with
        "arrived_at": None,
        "silent_since": None,
    },
)

host = Projection("host", 2, HOSTS)


@host.on(HostArrived)
def arrived(at: Recorded, event: HostArrived) -> Changes:
    row = HOSTS.put(
        id=at.entity.id,
        host=event.host,
        machine=event.machine,
        epoch=event.epoch,
        slots=event.slots,
        state="up",
        since=at.envelope.time,
        arrived_at=at.envelope.time,
    )
    return (row,)


@host.on(HostSilent)
def silent(at: Recorded, event: HostSilent) -> Changes:
    del event
    return (HOSTS.patch(at.entity.id, state="silent", since=at.envelope.time, silent_since=at.envelope.time),)


@host.on(HostReturned)
def returned(at: Recorded, event: HostReturned) -> Changes:
    del event
    return (HOSTS.patch(at.entity.id, state="up", since=at.envelope.time, silent_since=None),)


@host.on(HostInvited)
def invited(at: Recorded, event: HostInvited) -> Changes:
    row = HOSTS.put(id=at.entity.id, slots=event.slots, state="invited", since=at.envelope.time, expires=event.expires)
    return (row,)


@host.on(HostAdmitted, HostLost, HostLeft, HostRevoked)
def changed(at: Recorded, event: HostAdmitted | HostLost | HostLeft | HostRevoked) -> Changes:
    states = {HostAdmitted: "awaited", HostLost: "lost", HostLeft: "left", HostRevoked: "revoked"}
    return (HOSTS.patch(at.entity.id, state=states[type(event)], since=at.envelope.time, expires=None),)


def show(store: Store) -> Record | None:
    """The one at home, {host, machine, epoch, arrived_at, silent_since}; None while none has come."""
    row = store.query_one("SELECT * FROM hosts WHERE epoch > 0 AND id = ?", (HOME,))
    if row is None:
        return None
    times = {name: utc(row[name]) for name in ("arrived_at", "silent_since")}
    return {"host": row["host"], "machine": row["machine"], "epoch": row["epoch"], **times}


def listing(store: Store) -> list[Record]:
    """Those on other machines, by name: {name, state, since, machine, slots, sessions, expires}.

    state: "invited" (until `expires`), "awaited" (let in, never came), "up", "silent", "lost", "left" or "revoked".
    sessions: how many are with it. slots: how many it takes.
    """
    sql = (
        "SELECT h.id AS name, h.state, h.since, h.machine, h.slots, h.expires,"
        " (SELECT count(*) FROM sessions AS s WHERE s.host = h.id AND s.ended_at IS NULL) AS sessions"
        " FROM hosts AS h WHERE h.id != ? ORDER BY h.id"
    )
    return [{**row, "since": utc(row["since"]), "expires": utc(row["expires"])} for row in store.query(sql, (HOME,))]
