"""Of a town that goes on elsewhere: behind which commit of the target another machine may have landed a bead.

What the log knows to have landed lies up to there, however often the bead was opened again.
"""

from gastown.events.bead import BeadEndedAbroad, BeadLanded
from gastown.events.envelope import Recorded
from gastown.events.ids import BeadId, Commit, RigName
from gastown.events.rig import RigMoved
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Store
from gastown.projections.kernel.table import Changes, Table

MOVED = Table("moved_rigs", key=("rig",), columns={"rig": "", "since": ""})
LANDED = Table("last_landings", key=("bead",), columns={"bead": "", "target_commit": ""})

last_landings = Projection("last_landings", 1, MOVED, LANDED)


@last_landings.on(RigMoved)
def moved(at: Recorded, event: RigMoved) -> Changes:
    return (MOVED.put(rig=at.entity.id, since=event.since),)


@last_landings.on(BeadLanded)
def landed(at: Recorded, event: BeadLanded) -> Changes:
    return (LANDED.put(bead=at.entity.id, target_commit=event.target_commit),)


@last_landings.on(BeadEndedAbroad)
def landed_abroad(at: Recorded, event: BeadEndedAbroad) -> Changes:
    return (LANDED.put(bead=at.entity.id, target_commit=event.target_commit),) if event.target_commit else ()


def look_from(store: Store, rig: RigName, bead: BeadId) -> Commit | None:
    """ "": from the beginning of the target. None: nobody else lands for this town."""
    moved_since = store.query_one("SELECT since FROM moved_rigs WHERE rig = ?", (rig,))
    if moved_since is None:
        return None
    known = store.query_one("SELECT target_commit FROM last_landings WHERE bead = ?", (bead,))
    return str((known or {}).get("target_commit") or moved_since["since"])
