"""Rules about beads that are to go to another town, at their home.

- A bead that is slung to other towns is offered to the first of them once all it needs is done; to the next one where
  that refuses, or does not answer in time; where none takes it, it is open again and a person is told.
- Only an offer can be recalled. Once it was accepted the bead is handed over, by one event here, and is the other's.
- What is heard of an older offer than the last changes nothing.
"""

from collections.abc import Iterator

import msgspec

from gastown.actors.commands.abroad import ExpireOffer, HearHandover, OfferBead, RecallBead
from gastown.actors.commands.deacon import DEACON, RaiseEscalation
from gastown.actors.commands.mayor import SlingBeads
from gastown.actors.effects import Effect, Message, PackParcel, RemindAt, Tell
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor.abroad import is_met, name_abroad, name_here, on_handover
from gastown.actors.mayor.beads import describe, on_bead, unknown_bead, way_back
from gastown.actors.mayor.phases import Away, Offered, Slung
from gastown.actors.mayor.state import Bead, Mayor
from gastown.events import bead, handover
from gastown.events.handover import HandoverEnded, HandoverReported, How, OfferAccepted, OfferRefused, Parcel
from gastown.events.ids import NAME, BeadId, Entity


def wrong_destination(state: Mayor, key: BeadId, command: SlingBeads) -> Rejected | None:
    """Why this open bead cannot be slung to those towns. Whether they are there, or take it, is theirs to say."""
    own = state.membership
    if not own.hub:
        return Rejected("this town knows no others: it is a member of no hub", "gt join INVITATION")
    for town in command.to:
        if not NAME.fullmatch(town):
            return Rejected(f"{town!r} cannot be a town's name", "see them: gt towns", "usage")
        if town == own.name:
            return Rejected(f"{town} is this town itself", f"gt sling {key}", "usage")
    if not (command.rig or state.beads[key].rig):
        return Rejected(f"{key} belongs to no rig", f"name one: gt sling {key} --to {command.to[0]}/RIG", "usage")
    return None


def _can_be_offered(state: Mayor, key: BeadId) -> bool:
    """A stopped town begins nothing, in others neither."""
    one = state.beads[key]
    if not (isinstance(one.phase, Slung) and one.phase.to and state.membership.hub) or key in state.coming:
        return False
    return state.holds.depth() != "stop" and all(is_met(state, need) for need in one.needs)


def offer_bead(state: Mayor, command: OfferBead) -> Decision:
    one = state.beads.get(command.bead)
    if one is None or not _can_be_offered(state, command.bead) or command.epoch != one.epoch + 1:
        return ()
    if not isinstance(one.phase, Slung) or one.phase.to[0] != command.town:
        return ()
    offered = handover.HandoverOffered(
        bead=command.bead,
        epoch=command.epoch,
        rig=one.phase.there,
        agent=one.agent,
        until=command.at + state.setting("towns.patience"),
        parcel=_sealed(state, one, command.parcel),
    )
    return (on_handover(state, command.town, command.bead, offered),)


def _sealed(state: Mayor, one: Bead, parcel: Parcel) -> Parcel:
    """With what she knows better than any view."""
    earlier = one.earlier
    if earlier is not None:
        earlier = msgspec.structs.replace(earlier, session=name_abroad(state, earlier.session))
    return msgspec.structs.replace(parcel, title=one.title, priority=one.priority, earlier=earlier)


def expire_offer(state: Mayor, command: ExpireOffer) -> Decision:
    one = state.beads[command.bead]
    if not isinstance(one.phase, Offered) or one.phase.epoch != command.epoch:
        return ()
    return _came_to_nothing(state, command.bead, one.phase, "expired", "it has not answered in time")


def recall_bead(state: Mayor, command: RecallBead) -> Decision:
    key, one = command.bead, state.beads.get(command.bead)
    if one is None:
        return unknown_bead(key)
    match one.phase:
        case Offered() as offered:
            reason = command.reason or "recalled"
            unslung = on_bead(key, bead.BeadUnslung(reason=reason))
            return (recalled(state, key, offered, "person", reason), unslung)
        case Slung(to=towns) if towns:
            return (on_bead(key, bead.BeadUnslung(reason=command.reason or "recalled")),)
        case Away():
            return Rejected(describe(key, one), way_back(state, key, one))
        case _:
            return Rejected(f"{describe(key, one)}, and offered to no other town", f"gt bead show {key}")


def recalled(state: Mayor, key: BeadId, phase: Offered, how: How, reason: str) -> Change:
    event = handover.HandoverRecalled(bead=key, epoch=phase.epoch, how=how, reason=reason)
    return on_handover(state, phase.to, key, event)


def _came_to_nothing(state: Mayor, key: BeadId, phase: Offered, how: How, reason: str) -> tuple[Change, ...]:
    over = recalled(state, key, phase, how, reason)
    if phase.rest:
        return (over,)
    return (over, on_bead(key, bead.BeadStranded(reason="; ".join((*phase.tried, f"{phase.to}: {reason}")))))


def hear_answer(
    state: Mayor, command: HearHandover, fact: OfferAccepted | OfferRefused | HandoverReported | HandoverEnded
) -> Decision:
    """From a town that was asked, or has it. What is said of any but the last offer of it is passed over."""
    key = name_here(state, command.bead)
    one = state.beads.get(key)
    match one.phase if one else None:
        case Offered(to=command.town, epoch=fact.epoch) as offered:
            return _hear_of_offer(state, key, offered, fact)
        case Away(town=command.town, epoch=fact.epoch) as away:
            return _hear_of_stay(key, away, fact)
        case _:
            return ()


def _hear_of_offer(
    state: Mayor, key: BeadId, offered: Offered, fact: OfferAccepted | OfferRefused | HandoverReported | HandoverEnded
) -> tuple[Change, ...]:
    match fact:
        case OfferAccepted(epoch=epoch):
            agent, parcel = state.beads[key].agent, offered.parcel
            over = handover.BeadHandedOver(bead=key, epoch=epoch, rig=offered.there, agent=agent, parcel=parcel)
            return (on_handover(state, offered.to, key, over),)
        case OfferRefused(reason=reason):
            return _came_to_nothing(state, key, offered, "refused", reason)
        case _:
            return ()


def _hear_of_stay(
    key: BeadId, away: Away, fact: OfferAccepted | OfferRefused | HandoverReported | HandoverEnded
) -> tuple[Change, ...]:
    match fact:
        case HandoverReported(number=number, stuck=stuck) if number > away.reports:
            told = bead.BeadReportedAbroad(town=away.town, epoch=away.epoch, number=number, stuck=stuck)
        case HandoverEnded():
            told = bead.BeadEndedAbroad(
                town=away.town,
                epoch=away.epoch,
                last=fact.last,
                outcome=fact.outcome,
                reason=fact.reason,
                commit=fact.commit,
                target_commit=fact.target_commit,
                where=fact.where,
                rig=fact.rig,
            )
        case _:
            return ()
    return (on_bead(key, told),)


def due(state: Mayor) -> Iterator[Effect]:
    for key in state.outbound:
        one = state.beads[key]
        match one.phase:
            case Offered(to=town, epoch=epoch, until=until):
                about = Entity(handover.KIND, f"{town}.{name_abroad(state, key)}")
                expire = ExpireOffer(bead=key, epoch=epoch)
                yield RemindAt(key=f"remind:offer:{key}.{epoch}", about=about, at=until, command=expire)
            case Slung(to=towns) if _can_be_offered(state, key):
                epoch = one.epoch + 1
                pack = f"pack:{key}.{epoch}.{one.blocks}"
                yield PackParcel(
                    key=pack,
                    about=Entity(bead.KIND, key),
                    bead=key,
                    town=towns[0],
                    epoch=epoch,
                    rig=one.rig,
                    earlier=one.earlier,
                )
            case _:
                pass


def nowhere(key: BeadId, number: int, reason: str) -> Tell:
    """What a person is told of a bead that no town took. number: see BeadBlocked, as which it counts."""
    raised = RaiseEscalation(
        escalation=f"{key}.{number}",
        about=Entity(bead.KIND, key),
        severity="high",
        reason=f"no town took {key}: {reason}",
        hint=f"gt sling {key} --to TOWN, or here: gt sling {key}",
    )
    return Tell(key=f"tell:raise:{key}.{number}", about=raised.about, messages=(Message(DEACON, raised),))
