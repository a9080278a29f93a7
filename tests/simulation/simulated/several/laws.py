"""What holds between towns, whatever befell them. Each law gives the breaches it finds, in words."""

from collections import Counter
from collections.abc import Iterable, Iterator

from gastown.actors.mayor.state import is_done
from gastown.adapters.git.tips import BEAD_TRAILER, TOWN_TRAILER, TRAILER
from gastown.events.bead import (
    BeadAssigned,
    BeadClosed,
    BeadCreated,
    BeadEndedAbroad,
    BeadLanded,
    BeadReopened,
    NeedAdded,
    NeedRemoved,
)
from gastown.events.envelope import Recorded
from gastown.events.handover import BeadHandedOver, HandoverOffered
from gastown.events.ids import abroad
from gastown.events.membership import TownFenced
from gastown.events.session import SessionOpened
from gastown.events.submission import LandingIntended, SubmissionLanded
from gastown.projections.homes import account
from gastown.projections.one_home import complaints
from simulated.laws import target
from simulated.several.adoption import Adopted
from simulated.several.station import Station
from simulated.several.towns import Towns


def every_bead_has_one_home(towns: Towns) -> Iterator[str]:
    """And all that is known of where it was fits together, as `gt verify --all` sees it."""
    for name in towns.beads():
        homes = list(towns.homes(name))
        if len(homes) != 1:
            yield f"{name} is at home in {homes}"
    yield from complaints(account(station.world.views, station.name) for station in towns.now.values())


def everything_came_to_its_end(towns: Towns) -> Iterator[str]:
    """Every bead is done, where it was born above all; and so is every convoy, over however many towns."""
    for name, station in towns.now.items():
        mayor = station.observer.mayor
        for key, one in sorted(mayor.beads.items()):
            if not is_done(one):
                yield f"{abroad(name, key)} is {one.phase} in {name}"
        for key, convoy in sorted(mayor.convoys.items()):
            if not convoy.done:
                yield f"convoy {key} of {name} is not done"


def lands_once(towns: Towns) -> Iterator[str]:
    """No bead has more landings at the origin than it was opened; what a log says landed is there, and once."""
    places = ((station.world, station.name) for station in towns.all)
    names = {mark: name for world, name in places for mark in (world.lineage, world.incarnation)}
    commits = towns.ground.git.commits
    landings: Counter[str] = Counter()
    submissions: Counter[tuple[str, str]] = Counter()
    for one in (commits[each] for each in commits.reach([target(towns.ground.git)], frozenset())):
        if TRAILER in one.trailers:
            town = names[one.trailers[TOWN_TRAILER]]
            landings[abroad(town, one.trailers[BEAD_TRAILER])] += 1
            submissions[town, one.trailers[TRAILER]] += 1
    opened = _reopened(towns)
    for bead, count in sorted(landings.items()):
        if count > 1 + opened[bead]:
            yield f"{bead} has landed {count} times, and was opened {1 + opened[bead]} times"
    yield from (f"{key} is {count} times on the target" for key, count in sorted(submissions.items()) if count != 1)
    for station in towns.all:
        for one in station.observer.events:
            if isinstance(one.envelope.data, SubmissionLanded) and not submissions[station.name, one.entity.id]:
                yield f"{station.name} says that {one.entity.id} landed, and it is not on the target"


def _reopened(towns: Towns) -> Counter[str]:
    found: Counter[str] = Counter()
    seen: set[str] = set()
    for station in towns.all:
        for one in station.observer.events:
            if isinstance(one.envelope.data, BeadReopened) and one.envelope.id not in seen:
                seen.add(one.envelope.id)
                found[abroad(station.name, one.entity.id)] += 1
    return found


def what_is_landed_is_closed_with_proof(towns: Towns) -> Iterator[str]:
    """Also where it was born, and landed elsewhere."""
    commits = towns.ground.git.commits
    there = commits.reach([target(towns.ground.git)], frozenset())
    for station in towns.all:
        for one in station.observer.events:
            match one.envelope.data:
                case BeadLanded() | BeadEndedAbroad(outcome="landed") as said:
                    for name in {said.target_commit, said.commit} - there:
                        yield f"{one.entity} of {station.name} is closed as merged, and {name} is not on the target"
                case _:
                    pass


async def copies_are_the_logs(towns: Towns) -> list[str]:
    """Every event once and in order at the hub."""
    found: list[str] = []
    for name, station in towns.now.items():
        world = station.world
        copy = towns.hub.copies.copies(name, world.incarnation).log(name, world.incarnation)
        there = [event.envelope.id async for message in copy.read() for event in message]
        here = [event.envelope.id async for message in world.log.read() for event in message]
        if there != here:
            found.append(f"the hub has {len(there)} events of {name}, which has {len(here)}")
    return found


def what_the_hub_had_goes_on(adopted: Iterable[Adopted]) -> Iterator[str]:
    """Nothing that somebody was told of as stored is lost, once it has reached the hub."""
    for one in adopted:
        acknowledged = set(one.lost.world.acknowledged)
        events = {event.envelope.id for event in one.by.observer.events}
        for event in one.lost.observer.events:
            if event.position <= one.until and event.envelope.id in acknowledged - events:
                yield f"event {event.envelope.id} had reached the hub, and is lost with {one.lost.name}"


BEGINNINGS = BeadAssigned | SessionOpened | LandingIntended | BeadHandedOver | HandoverOffered


def the_fenced_begin_nothing(towns: Towns) -> Iterator[str]:
    for station in towns.all:
        fenced = False
        for one in station.observer.events:
            match one.envelope.data:
                case TownFenced():
                    fenced = True
                case begun if fenced and isinstance(begun, BEGINNINGS):
                    kind = type(begun).__name__
                    yield f"{station.name} was fenced, and then {kind} of {one.entity} (at {one.position})"
                case _:
                    pass


def needs_come_first(towns: Towns) -> Iterator[str]:
    """No place is given to a bead, and no town asked to take it, before what it needs was done, wherever that is."""
    done: dict[str, float] = {}
    for station in towns.all:
        for one in _own(station):
            if isinstance(one.envelope.data, BeadLanded | BeadClosed | BeadEndedAbroad):
                name = abroad(station.name, one.entity.id)
                done[name] = min(done.get(name, _true(station, one.envelope.time)), _true(station, one.envelope.time))
    for station in towns.all:
        yield from _early(station, done)


def _early(station: Station, done: dict[str, float]) -> Iterator[str]:
    needs: dict[str, set[str]] = {}
    for one in station.observer.events:
        key = one.entity.id
        match one.envelope.data:
            case BeadCreated(needs=found):
                needs[key] = set(found)
            case NeedAdded(need=need):
                needs.setdefault(key, set()).add(need)
            case NeedRemoved(need=need):
                needs.setdefault(key, set()).discard(need)
            case _ if one.position <= station.inherited:
                pass
            case BeadAssigned():
                yield from _unmet(station, key, needs.get(key, set()), one.envelope.time, done)
            case HandoverOffered(bead=bead):
                yield from _unmet(station, bead, needs.get(bead, set()), one.envelope.time, done)
            case _:
                pass


def _unmet(station: Station, key: str, needs: set[str], time: float, done: dict[str, float]) -> Iterator[str]:
    for need in sorted(abroad(station.name, one) for one in needs):
        if done.get(need, float("inf")) > _true(station, time):
            yield f"{key} of {station.name} began before {need} was done"


def _own(station: Station) -> Iterator[Recorded]:
    """What it has written itself."""
    return (one for one in station.observer.events if one.position > station.inherited)


def _true(station: Station, time: float) -> float:
    """As no clock shows it."""
    return time - station.world.skew
