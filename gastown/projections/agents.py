"""Who there is: polecats by name, and the roles that are always there."""

from gastown.events.envelope import Recorded
from gastown.events.polecat import PolecatAssigned, PolecatReleased
from gastown.projections import holds, rigs
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

POLECATS = Table(
    "polecats",
    key=("id",),
    columns={
        "id": "",
        "rig": "",
        "name": "",
        "bead": None,
        "session": None,
        "agent": None,
        "since": 0.0,
        "last_outcome": None,
    },
    indexes=("session",),
)

agents = Projection("agents", 1, POLECATS)


@agents.on(PolecatAssigned)
def assigned(at: Recorded, event: PolecatAssigned) -> Changes:
    rig, _, name = at.entity.id.partition(".")
    row = POLECATS.put(
        id=at.entity.id,
        rig=rig,
        name=name,
        bead=event.bead,
        session=event.session,
        agent=event.agent,
        since=at.envelope.time,
    )
    return (row,)


@agents.on(PolecatReleased)
def released(at: Recorded, event: PolecatReleased) -> Changes:
    free = dict.fromkeys(("bead", "session", "agent"))
    return (POLECATS.patch(at.entity.id, **free, since=at.envelope.time, last_outcome=event.outcome),)


def polecats(store: Store, rig: str | None = None) -> list[Record]:
    """{address, role, rig, name, state, bead, session, agent, host, pid, since}, by rig and name.

    state: "idle", else that of its session: "starting", "working", "throttled", "stopping", "ended" (being reported);
    "frozen" while its rig is stopped. host: on which its session is, "" at home.
    """
    sql = (
        "SELECT p.rig || '/polecats/' || p.name AS address, 'polecat' AS role, p.rig, p.name,"
        " CASE WHEN p.session IS NULL THEN 'idle' WHEN s.state = 'ended' THEN s.state"
        " WHEN EXISTS (SELECT 1 FROM holds WHERE rig IN ('', p.rig) AND depth = 'stop') THEN 'frozen'"
        " ELSE coalesce(s.state, 'starting') END AS state,"
        " p.bead, p.session, p.agent, coalesce(s.host, '') AS host,"
        " CASE WHEN s.ended_at IS NULL THEN s.pid END AS pid, p.since, p.last_outcome"
        " FROM polecats AS p LEFT JOIN sessions AS s ON s.id = p.session"
        " WHERE p.rig = coalesce(?, p.rig) ORDER BY p.rig, p.name"
    )
    return [{**row, "since": utc(row["since"])} for row in store.query(sql, (rig,))]


def listing(store: Store, rig: str | None = None) -> list[Record]:
    """Everyone: the town's Mayor and Deacon, each rig's Witness and Refinery, and the polecats."""
    rows = [] if rig else _town_roles(store)
    names = [row["name"] for row in store.query("SELECT name FROM rigs ORDER BY name") if rig in (None, row["name"])]
    for name in names:
        rows += [*_rig_roles(store, name), *polecats(store, name)]
    return rows


def at_address(store: Store, address: str) -> Record | None:
    """The one with this address ("mayor", "<rig>/witness", "<rig>/polecats/<name>"), or None."""
    return next((row for row in listing(store) if row["address"] == address), None)


def _role(address: str, role: str, state: str) -> Record:
    nothing = dict.fromkeys(("bead", "session", "agent", "pid"))
    return {"address": address, "role": role, "state": state, "host": "", **nothing}


def _is(store: Store, sql: str, *parameters: str) -> bool:
    return bool(store.query(f"SELECT EXISTS ({sql}) AS yes", parameters)[0]["yes"])


def _town_roles(store: Store) -> list[Record]:
    at_work = _is(store, "SELECT 1 FROM beads WHERE state IN ('slung', 'running', 'submitted')")
    asking = _is(store, "SELECT 1 FROM escalations WHERE closed_at IS NULL")
    return [
        _role("mayor", "mayor", "held" if holds.on_town(store) else "working" if at_work else "idle"),
        _role("deacon", "deacon", "waiting" if asking else "idle"),
    ]


def _rig_roles(store: Store, rig: str) -> list[Record]:
    sessions = _is(store, "SELECT 1 FROM polecats WHERE rig = ? AND session IS NOT NULL", rig)
    known = rigs.show(store, rig)
    held = known is not None and known["state"] in ("paused", "stopped")
    queued = _is(store, "SELECT 1 FROM submissions WHERE rig = ? AND ended = 0", rig)
    refinery = known["state"] if known and held else "working" if queued else "idle"
    return [
        _role(f"{rig}/witness", "witness", "working" if sessions else "idle"),
        _role(f"{rig}/refinery", "refinery", refinery),
    ]
