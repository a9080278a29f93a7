"""The town as a whole: its name, what is wanted of it, and the page of `gt status`."""

from typing import Any

from gastown.events.envelope import Recorded
from gastown.events.town import TownForked, TownInstalled, TownRestored, TownWanted
from gastown.projections import accounts, agents, holds, host, membership, merge_queue, parked, rigs
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

TOWN = Table(
    "town",
    key=("id",),
    columns={
        "id": "",
        "name": "",
        "incarnation": "",
        "wanted": "",
        "installed_at": 0.0,
        "wanted_at": None,
        "bare_until": 0,  # commits that the log names up to here did not come along
    },
)

town = Projection("town", 2, TOWN)


@town.on(TownInstalled)
def installed(at: Recorded, event: TownInstalled) -> Changes:
    row = TOWN.put(id=at.entity.id, name=event.name, incarnation=event.incarnation, installed_at=at.envelope.time)
    return (row,)


@town.on(TownWanted)
def wanted(at: Recorded, event: TownWanted) -> Changes:
    return (TOWN.patch(at.entity.id, wanted=event.state, wanted_at=at.envelope.time),)


@town.on(TownRestored, TownForked)
def moved(at: Recorded, event: TownRestored | TownForked) -> Changes:
    named: dict[str, Any] = {"name": event.name, "incarnation": event.incarnation, "wanted": "", "wanted_at": None}
    if isinstance(event, TownRestored) and event.bare:
        named["bare_until"] = event.position
    return (TOWN.patch(at.entity.id, **named),)


def show(store: Store) -> Record:
    """{town, incarnation, state, installed_at, position, events}. state: "up" or "down" as wanted, "" before."""
    row = store.query_one("SELECT * FROM town") or {"name": "", "incarnation": "", "wanted": "", "installed_at": None}
    return {
        "town": row["name"],
        "incarnation": row["incarnation"],
        "state": row["wanted"],
        "installed_at": utc(row["installed_at"]),
        "position": store.position,
        "events": store.mark.events,
    }


def status(store: Store) -> Record:
    """What `gt status` shows, but for the processes."""
    return {
        **show(store),
        "holds": holds.all_of(store),
        "accounts": accounts.out(store),
        "counts": counts(store),
        "rigs": rigs.listing(store),
        "polecats": agents.polecats(store),
        "queue": merge_queue.queue(store),
        "parked": parked.listing(store),
        "host": host.show(store),
        "hosts": host.listing(store),
        "hub": membership.show(store),
    }


def counts(store: Store) -> Record:
    """How many: beads and convoys by state, sessions, those that run, what waits to land, open escalations."""
    sql = (
        "SELECT (SELECT count(*) FROM sessions) AS sessions,"
        " (SELECT count(*) FROM sessions WHERE ended_at IS NULL) AS running,"
        " (SELECT count(*) FROM submissions WHERE ended = 0) AS queued,"
        " (SELECT count(*) FROM escalations WHERE closed_at IS NULL) AS escalations"
    )
    return {"beads": _by_state(store, "beads"), "convoys": _by_state(store, "convoys"), **store.query(sql)[0]}


def _by_state(store: Store, table: str) -> dict[str, int]:
    rows = store.query(f"SELECT state, count(*) AS many FROM {table} GROUP BY state ORDER BY state")
    return {row["state"]: row["many"] for row in rows}
