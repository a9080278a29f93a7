"""The hosts that act for the town: which process, where, and whether it is heard."""

from gastown.events.envelope import Recorded
from gastown.events.host import (
    HOME,
    HostAdmitted,
    HostArrived,
    HostEnded,
    HostInvited,
    HostLeft,
    HostLost,
    HostReturned,
    HostRevoked,
    HostSilent,
    HostTakenDown,
)
from gastown.events.ids import HostName
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

host = Projection("host", 3, HOSTS)


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


_STATES = {
    HostAdmitted: "awaited",
    HostLost: "lost",
    HostTakenDown: "closing",
    HostEnded: "down",
    HostLeft: "left",
    HostRevoked: "revoked",
}


@host.on(*_STATES)
def changed(
    at: Recorded, event: HostAdmitted | HostLost | HostTakenDown | HostEnded | HostLeft | HostRevoked
) -> Changes:
    return (HOSTS.patch(at.entity.id, state=_STATES[type(event)], since=at.envelope.time, expires=None),)


def show(store: Store) -> Record | None:
    """The one at home, {host, machine, epoch, arrived_at, silent_since}; None while none has come."""
    row = store.query_one("SELECT * FROM hosts WHERE epoch > 0 AND id = ?", (HOME,))
    if row is None:
        return None
    times = {name: utc(row[name]) for name in ("arrived_at", "silent_since")}
    return {"host": row["host"], "machine": row["machine"], "epoch": row["epoch"], **times}


def up(store: Store) -> list[HostName]:
    """Those on other machines that are there now."""
    return [
        row["id"] for row in store.query("SELECT id FROM hosts WHERE state = 'up' AND id != ? ORDER BY id", (HOME,))
    ]


def slots(store: Store) -> int:
    """How many sessions those that are up take together, beside max_polecats at home."""
    sql = "SELECT coalesce(sum(slots), 0) AS many FROM hosts WHERE state = 'up' AND id != ?"
    return int(store.query(sql, (HOME,))[0]["many"])


def listing(store: Store) -> list[Record]:
    """Those on other machines, by name: {name, state, since, machine, slots, sessions, cannot, expires}.

    state: "invited" (until `expires`), "awaited" (let in, never came), "up", "silent", "lost", "closing", "down",
    "left" or "revoked".
    sessions: how many are with it. slots: how many it takes. cannot: what has not begun there since it came, and why.
    """
    sql = (
        "SELECT h.id AS name, h.state, h.since, h.machine, h.slots, h.expires,"
        " (SELECT count(*) FROM sessions AS s WHERE s.host = h.id AND s.ended_at IS NULL) AS sessions"
        " FROM hosts AS h WHERE h.id != ? ORDER BY h.id"
    )
    return [
        {**row, "since": utc(row["since"]), "expires": utc(row["expires"]), "cannot": _cannot(store, row["name"])}
        for row in store.query(sql, (HOME,))
    ]


def _cannot(store: Store, name: HostName) -> list[Record]:
    """{rig, agent, reason}: it is given no more of that rig, or of that agent's work; the other of the two is ""."""
    sql = (
        "SELECT CASE s.outcome WHEN 'agent_unfit' THEN '' ELSE s.rig END AS rig,"
        " CASE s.outcome WHEN 'agent_unfit' THEN s.agent ELSE '' END AS agent, max(s.reason) AS reason"
        " FROM sessions AS s JOIN hosts AS h ON h.id = s.host"
        " WHERE h.id = ? AND s.ended_at >= h.arrived_at AND s.outcome IN ('setup_broke', 'start_broke', 'agent_unfit')"
        " GROUP BY 1, 2 ORDER BY 1, 2"
    )
    return store.query(sql, (name,))
