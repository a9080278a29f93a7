"""Which beads came to this town and left it for another, and where each of its landings stands among that."""

import msgspec

from gastown.events.bead import BeadEndedAbroad, BeadReceived
from gastown.events.envelope import Recorded
from gastown.events.handover import BeadHandedOver
from gastown.events.ids import abroad
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Store
from gastown.projections.kernel.table import Changes, Table

MOVES = Table(
    "moves",
    key=("bead", "position"),
    columns={"bead": "", "position": 0, "what": "", "town": "", "epoch": 0, "there": 0},
)
"""what: "came" from the town, "left" for it, or "ended" there. there: of what came, the position of its leaving in that
town's log."""

homes = Projection("homes", 1, MOVES)


@homes.on(BeadReceived)
def received(at: Recorded, event: BeadReceived) -> Changes:
    row = MOVES.put(
        bead=at.entity.id,
        position=at.position,
        what="came",
        town=event.town,
        epoch=event.epoch,
        there=event.position,
    )
    return (row,)


@homes.on(BeadHandedOver)
def handed_over(at: Recorded, event: BeadHandedOver) -> Changes:
    town, _, bead = at.entity.id.partition(".")
    return (MOVES.put(bead=bead, position=at.position, what="left", town=town, epoch=event.epoch),)


@homes.on(BeadEndedAbroad)
def ended(at: Recorded, event: BeadEndedAbroad) -> Changes:
    return (MOVES.put(bead=at.entity.id, position=at.position, what="ended", town=event.town, epoch=event.epoch),)


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """bead: as it is called in other towns. what: "came", "left" or "ended". there: see MOVES."""

    bead: str
    position: int
    what: str
    town: str
    epoch: int
    there: int = 0


class Landing(msgspec.Struct, frozen=True, kw_only=True):
    bead: str
    position: int
    submission: str


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """What one town's log says of its beads up to `position`. moves, landings: in the order of that log."""

    town: str
    position: int
    moves: tuple[Move, ...] = ()
    landings: tuple[Landing, ...] = ()


def account(store: Store, town: str) -> Account:
    """town: whose views these are."""
    moves = store.query("SELECT * FROM moves ORDER BY position")
    landings = store.query("SELECT id, bead, staged FROM submissions WHERE stage = 'landed' ORDER BY staged")
    return Account(
        town=town,
        position=store.position,
        moves=tuple(msgspec.convert({**row, "bead": abroad(town, row["bead"])}, Move) for row in moves),
        landings=tuple(
            Landing(bead=abroad(town, row["bead"]), position=row["staged"], submission=row["id"]) for row in landings
        ),
    )
