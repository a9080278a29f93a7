"""Budgets: what may be spent, what was, what is reserved for turns under way; and what turns were settled at."""

from gastown.events.bead import BeadAssigned, BeadReturned, BeadSubmitted
from gastown.events.budget import DAY, SECONDS, BudgetDropped, BudgetFreed, BudgetReached, BudgetSet, scope_of
from gastown.events.envelope import Recorded
from gastown.events.gate import TurnPermitted, TurnSettled
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Change, Changes, Table
from gastown.projections.rfc3339 import utc

BUDGETS = Table(
    "budgets",
    key=("scope",),
    columns={"scope": "", "amount": 0.0, "position": 0, "set_at": 0.0, "reason": "", "hint": ""},
)
RESERVATIONS = Table(
    "reservations",
    key=("session",),
    columns={"session": "", "bead": "", "amount": 0.0, "returned": 0, "late": 0},
    derived={"held": "CASE WHEN returned AND NOT late THEN 0.0 ELSE amount END"},
)
SETTLEMENTS = Table(
    "settlements",
    key=("session", "number"),
    columns={
        "session": "",
        "number": 0,
        "bead": "",
        "position": 0,
        "day": 0,
        "settled_at": 0.0,
        "cost": 0.0,
        "guess": 0,
    },
    indexes=("bead", "day"),
)

budgets = Projection("budgets", 1, BUDGETS, RESERVATIONS, SETTLEMENTS)


@budgets.on(BudgetSet)
def was_set(at: Recorded, event: BudgetSet) -> Changes:
    scope = scope_of(at.entity.id)
    if event.again:
        return (BUDGETS.patch(scope, amount=event.amount, set_at=event.at, reason="", hint=""),)
    return (BUDGETS.put(scope=scope, amount=event.amount, position=at.position, set_at=event.at),)


@budgets.on(BudgetDropped)
def dropped(at: Recorded, _: BudgetDropped) -> Changes:
    return (BUDGETS.delete(scope_of(at.entity.id)),)


@budgets.on(BudgetReached)
def reached(at: Recorded, event: BudgetReached) -> Changes:
    return (BUDGETS.patch(scope_of(at.entity.id), reason=event.reason, hint=event.hint),)


@budgets.on(BudgetFreed)
def freed(at: Recorded, _: BudgetFreed) -> Changes:
    return (BUDGETS.patch(scope_of(at.entity.id), reason="", hint=""),)


@budgets.on(BeadAssigned)
def assigned(at: Recorded, event: BeadAssigned) -> Changes:
    if not event.reserved:
        return ()
    return (RESERVATIONS.put(session=event.session, bead=at.entity.id, amount=event.reserved),)


@budgets.on(TurnPermitted)
def permitted(at: Recorded, event: TurnPermitted) -> Changes:
    if not event.reserved:
        return (RESERVATIONS.delete(event.session),)
    return (RESERVATIONS.put(session=event.session, bead=at.entity.id, amount=event.reserved),)


@budgets.on(TurnSettled)
def settled(at: Recorded, event: TurnSettled) -> list[Change]:
    row = SETTLEMENTS.put(
        session=event.session,
        number=event.number,
        bead=at.entity.id,
        position=at.position,
        day=int(event.at // SECONDS),
        settled_at=at.envelope.time,
        cost=event.cost,
        guess=int(event.estimated),
    )
    return [row, RESERVATIONS.delete(event.session)]


@budgets.on(BeadReturned)
def returned(_: Recorded, event: BeadReturned) -> Changes:
    return (RESERVATIONS.patch(event.session, returned=1),)


@budgets.on(BeadSubmitted)
def submitted(_: Recorded, event: BeadSubmitted) -> Changes:
    if event.early:  # what its last turn came to is still to be told
        return (RESERVATIONS.patch(event.session, late=1),)
    return (RESERVATIONS.delete(event.session),)


_COUNTS = {
    "town": ("s.position > :since", "true"),
    "day": ("s.day = :day", "true"),
    "rig": (
        "s.position > :since AND s.session IN (SELECT id FROM sessions WHERE rig = :key)",
        "r.bead IN (SELECT id FROM beads WHERE rig = :key)",
    ),
    "convoy": (
        "s.bead IN (SELECT bead FROM convoy_beads WHERE convoy = :key)",
        "r.bead IN (SELECT bead FROM convoy_beads WHERE convoy = :key)",
    ),
    "bead": ("s.bead = :key", "r.bead = :key"),
}
"""By kind of scope: which settlements count, which reservations do."""


def listing(store: Store, now: float) -> list[Record]:
    """{scope, amount, spent, guessed, reserved, left, set_at, reason, hint}, in USD, by scope.

    guessed: what of `spent` nobody told, and counts as it was reserved. reason: why a person is asked, "" while nobody
    is. now: seconds since the epoch.
    """
    rows = store.query("SELECT * FROM budgets ORDER BY scope")
    return [_shown(store, row, int(now // SECONDS)) for row in rows]


def _shown(store: Store, row: Record, day: int) -> Record:
    kind, _, key = row["scope"].partition(":")
    settlements, reservations = _COUNTS[kind]
    sql = (
        "SELECT coalesce(sum(s.cost), 0.0) AS spent, coalesce(sum(s.guess * s.cost), 0.0) AS guessed,"
        f" (SELECT coalesce(sum(r.held), 0.0) FROM reservations AS r WHERE {reservations}) AS reserved"
        f" FROM settlements AS s WHERE {settlements}"
    )
    (sums,) = store.query(sql, {"since": row["position"], "key": key, "day": day})
    sums = {name: round(value, 6) for name, value in sums.items()}
    left = round(row["amount"] - sums["spent"] - sums["reserved"], 6)
    shown = {name: row[name] for name in ("scope", "amount", "reason", "hint")}
    return {**shown, **sums, "left": left, "set_at": utc(row["set_at"])}


def wanting(store: Store, bead: Record) -> Record | None:
    """{scope, reason, hint} of the budget for whose sake a person is asked, if it is over this bead (id, rig)."""
    sql = (
        "SELECT scope, reason, hint FROM budgets WHERE reason != '' AND (scope IN ('town', :day, 'rig:' || :rig,"
        " 'bead:' || :id) OR scope IN (SELECT 'convoy:' || convoy FROM convoy_beads WHERE bead = :id)) ORDER BY scope"
    )
    return store.query_one(sql, {"day": DAY, "rig": bead["rig"], "id": bead["id"]})
