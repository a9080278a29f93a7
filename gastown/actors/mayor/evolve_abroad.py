"""How events about beads that go to other towns, or come from them, change what the Mayor remembers."""

from typing import TypeAlias, assert_never

import msgspec

from gastown.actors.mayor.abroad import is_at_home
from gastown.actors.mayor.phases import Away, Closed, Coming, Landed, Offered, Open, Slung
from gastown.actors.mayor.state import Bead, Mayor, Origin, Watch, Watcher, with_bead
from gastown.events import handover
from gastown.events.bead import (
    BeadEndedAbroad,
    BeadReceived,
    BeadReportedAbroad,
    BeadStranded,
    CommitsBrought,
    CommitsMissed,
)
from gastown.events.handover import HandoverEvent
from gastown.events.ids import BeadId, RigName, TownName
from gastown.events.watch import RingSeen, WatchAnswered, WatchAsked, WatchEvent, WatchHeard

AbroadBeadEvent: TypeAlias = BeadStranded | BeadReportedAbroad | BeadEndedAbroad


def evolve_handover(state: Mayor, key: str, event: HandoverEvent) -> Mayor:
    """key: of the entity: the other town, a dot, and the bead."""
    town = key.partition(".")[0]
    match event:
        case handover.OfferAccepted(epoch=epoch) | handover.OfferRefused(epoch=epoch):
            return msgspec.structs.replace(state, offers=state.offers.set(key, epoch))
        case handover.HandoverOffered(bead=name):
            return with_bead(state, name, _offered(state.beads[name], town, event))
        case handover.HandoverRecalled(bead=name):
            return with_bead(state, name, _recalled(state.beads[name], town, event))
        case handover.BeadHandedOver(bead=name, epoch=epoch):
            one = msgspec.structs.replace(state.beads[name], phase=Away(town=town, epoch=epoch))
            return with_bead(state, name, one)
        case handover.HandoverReported(bead=name):
            return with_bead(state, name, _told(state.beads[name], town, event))
        case handover.HandoverEnded(bead=name):
            one = state.beads[name]
            left = tuple(origin for origin in one.origins if origin.town != town)
            return with_bead(state, name, msgspec.structs.replace(one, origins=left))
        case _:
            assert_never(event)


def _offered(one: Bead, town: TownName, event: handover.HandoverOffered) -> Bead:
    slung = one.phase if isinstance(one.phase, Slung) else Slung()
    phase = Offered(
        to=town,
        epoch=event.epoch,
        until=event.until,
        rest=slung.to[1:],
        there=event.rig,
        tried=slung.tried,
        parcel=event.parcel,
    )
    return msgspec.structs.replace(one, phase=phase, epoch=event.epoch)


def _recalled(one: Bead, town: TownName, event: handover.HandoverRecalled) -> Bead:
    """On to the next town; who takes it back for good says so about the bead itself."""
    if not isinstance(one.phase, Offered):
        return one
    tried = (*one.phase.tried, f"{town}: {event.reason}")
    return msgspec.structs.replace(one, phase=Slung(to=one.phase.rest, there=one.phase.there, tried=tried))


def _told(one: Bead, town: TownName, event: handover.HandoverReported) -> Bead:
    origins = tuple(
        msgspec.structs.replace(origin, reports=event.number, stuck=event.stuck) if origin.town == town else origin
        for origin in one.origins
    )
    return msgspec.structs.replace(one, origins=origins)


def received(state: Mayor, key: BeadId, event: BeadReceived) -> Mayor:
    """Its limits begin anew here; what is known of it from before, its convoys and sessions above all, stays."""
    parcel = event.parcel
    known = state.beads.get(key) or Bead(title=parcel.title, priority=parcel.priority, age=len(state.beads), rig="")
    others = tuple(origin for origin in known.origins if origin.town != event.town)
    luggage = _luggage(event)
    one = msgspec.structs.replace(
        known,
        title=parcel.title,
        priority=parcel.priority,
        rig=event.rig,
        phase=Open(),
        earlier=parcel.earlier,
        epoch=event.epoch,
        origins=(*others, Origin(town=event.town, epoch=event.epoch)),
        luggage=luggage,
        failed_runs=0,
        red_gates=0,
        conflicts=0,
        barren=0,
    )
    state = _with_coming(state, key, luggage) if luggage else _without_coming(state, key)
    return with_bead(state, key, one)


def _luggage(event: BeadReceived) -> Coming | None:
    earlier, name = event.parcel.earlier, event.parcel.luggage
    if earlier is None or not name or not event.incarnation:
        return None
    return Coming(epoch=event.epoch, town=event.town, incarnation=event.incarnation, name=name, commit=earlier.commit)


def coming_again(state: Mayor, rig: RigName) -> Mayor:
    """What had been brought to this rig stayed where the town was lost, and may still be had where it came from."""
    for key, one in state.beads.items():
        if one.rig == rig and is_at_home(state, key) and (luggage := _gone_on_from(one)):
            state = _with_coming(state, key, luggage)
    return state


def _gone_on_from(one: Bead) -> Coming | None:
    """None where nothing came along, or a session here has made something of it since."""
    if one.luggage is None or one.earlier is None or one.earlier.commit != one.luggage.commit:
        return None
    return one.luggage


def _with_coming(state: Mayor, key: BeadId, luggage: Coming) -> Mayor:
    return msgspec.structs.replace(state, coming=state.coming.set(key, luggage))


def _without_coming(state: Mayor, key: BeadId) -> Mayor:
    return msgspec.structs.replace(state, coming=state.coming.delete(key)) if key in state.coming else state


def evolve_coming(state: Mayor, key: BeadId, event: CommitsBrought | CommitsMissed) -> Mayor:
    """Those of an earlier time that it came here are waited for no more."""
    coming = state.coming.get(key)
    return _without_coming(state, key) if coming and coming.epoch == event.epoch else state


def evolve_abroad(one: Bead, event: AbroadBeadEvent) -> Bead:
    match event:
        case BeadStranded(reason=reason):
            return msgspec.structs.replace(one, phase=Open(nowhere=reason), blocks=one.blocks + 1)
        case BeadReportedAbroad(number=number, stuck=stuck):
            phase = one.phase
            if isinstance(phase, Away):
                phase = msgspec.structs.replace(phase, reports=number, stuck=stuck)
            return msgspec.structs.replace(one, phase=phase)
        case BeadEndedAbroad(outcome=outcome, last=last):
            return msgspec.structs.replace(one, phase=Landed() if outcome == "landed" else Closed(), epoch=last)
        case _:
            assert_never(event)


def evolve_watch(state: Mayor, key: str, event: WatchEvent) -> Mayor:
    """key: of the entity: the other town, a dot, and the bead."""
    match event:
        case WatchAsked(bead=name):
            return msgspec.structs.replace(state, watches=state.watches.set(name, Watch()))
        case WatchHeard(bead=name) | RingSeen(bead=name):
            one = _seen(state.watches.get(name, Watch()), event)
            return msgspec.structs.replace(state, watches=state.watches.set(name, one))
        case WatchAnswered(bead=name):
            town = key.partition(".")[0]
            others = tuple(other for other in state.watched.get(name, ()) if other.town != town)
            told = Watcher(town=town, number=event.number, standing=event.standing, behind=event.behind)
            return msgspec.structs.replace(state, watched=state.watched.set(name, (*others, told)))
        case _:
            assert_never(event)


def _seen(one: Watch, event: WatchHeard | RingSeen) -> Watch:
    if isinstance(event, RingSeen):
        return msgspec.structs.replace(one, ring=event.through, rings=one.rings + bool(event.through))
    unknown = one.unknown + (event.standing == "unknown")
    return msgspec.structs.replace(
        one, number=event.number, standing=event.standing, unknown=unknown, behind=event.behind
    )
