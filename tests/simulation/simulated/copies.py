"""What is made of the log: views, snapshots, what roles know. Each law gives the breaches it finds, in words."""

from collections.abc import Iterator

import msgspec

from gastown import clock
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.kernel.snapshot import Moment
from gastown.actors.kernel.snapshots import Snapshots
from gastown.actors.mayor.phases import Blocked, Closed, Landed, Slung, Submitted, Working
from gastown.actors.mayor.state import Mayor
from gastown.actors.roles import ROLES, owner_of
from gastown.bus.memory_event_log import MemoryEventLog
from gastown.moving.settling import NobodysHost
from gastown.projections.kernel.rebuild import rebuild_into
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS, fingerprint
from simulated.world import World


def views_know_what_roles_know(mayor: Mayor, views: Store) -> Iterator[str]:
    shown = {row[0]: row[1:] for row in views.rows("SELECT id, closed, blocked, slung, session FROM beads")}
    for key, one in sorted(mayor.beads.items()):
        closed, blocked, slung, session = shown[key]
        expected = {Landed: "landed", Closed: "closed"}.get(type(one.phase), "")
        under_way = one.phase.session if isinstance(one.phase, Working | Submitted) else ""
        if closed != expected or (not closed and bool(blocked) != isinstance(one.phase, Blocked)):
            yield f"bead {key} is {one.phase}, and shown as {shown[key]}"
        elif isinstance(one.phase, Slung) and not slung:
            yield f"bead {key} is slung, and not shown so"
        elif under_way and session != under_way:
            yield f"bead {key} is with {under_way}, and shown with {session}"


async def snapshots_are_what_the_log_says(world: World) -> list[str]:
    """Who starts from the newest snapshot knows what one knows who reads the whole log; and so does the town now."""
    whole, started = await _replayed(world, None), await _replayed(world, world.snapshot)
    found = [f"with a snapshot {words}" for words in _differences(whole, started)]
    if world.town is not None:
        found += [f"in the town {words}" for words in _differences(whole, world.town.runtime.moment())]
    return found


async def _replayed(world: World, snapshot: bytes | None) -> Moment:
    snapshots = Snapshots(Kept(snapshot), world.log, ROLES)
    runtime = Runtime(world.log, ROLES, owner_of, NobodysHost(), clock, snapshots)
    await runtime.replay()
    return runtime.moment()


def _differences(whole: Moment, other: Moment) -> Iterator[str]:
    if (whole.position, whole.event) != (other.position, other.event):
        yield f"the log ends at {other.position}, not at {whole.position}"
    if dict(whole.answered) != dict(other.answered):
        yield "other orders are answered"
    expected = {one.owner: (one.state, one.threads) for one in whole.owners}
    for one in other.owners:
        known = expected.pop(one.owner, None)
        if known is None and one.state != one.role.initial(one.owner):
            yield f"{one.owner} is there, and is over"
        elif known is not None and known != (one.state, one.threads):
            yield f"{one.owner} is {one.state}, not {known[0]}"
    yield from (f"{owner} is missing" for owner in expected)


class Kept(msgspec.Struct, frozen=True):
    """A SnapshotStore of one snapshot."""

    payload: bytes | None

    async def load(self) -> bytes | None:
        return self.payload

    async def save(self, pieces: list[bytes]) -> None:
        raise OSError(pieces)


async def views_are_what_the_log_says(log: MemoryEventLog, views: Store) -> list[str]:
    fresh = Store(None, VIEWS, views.incarnation)
    await rebuild_into(fresh, log)
    made, live = fingerprint(fresh), fingerprint(views)
    if fresh.position != views.position:
        return [f"the views stand at {views.position}, the log at {fresh.position}"]
    return [f"the view {name} is not what the log says" for name in made if made[name] != live[name]]
