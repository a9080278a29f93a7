"""Rules about needs in other towns: who waits asks the town that the bead was born in, which answers whenever the
answer is another one. A bead that is here itself is looked at, not asked for."""

from collections.abc import Iterable, Iterator

from gastown.actors.commands.abroad import HearWatch
from gastown.actors.commands.deacon import DEACON, CloseEscalation, RaiseEscalation
from gastown.actors.effects import Effect, Message, Tell
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor import rings
from gastown.actors.mayor.abroad import is_guest, name_here, on_watch, standing
from gastown.actors.mayor.state import Mayor
from gastown.events import bead, watch
from gastown.events.ids import NAME, BeadId, Entity, shown
from gastown.events.watch import RingSeen, WatchAnswered, WatchAsked, WatchHeard


def unknown_need(state: Mayor, needs: Iterable[BeadId]) -> Rejected | None:
    """Why one of these cannot be needed: of a bead that is said to be in another town, only that one knows."""
    for need in needs:
        if need in state.beads:
            continue
        town, dot, _ = need.partition(".")
        if not dot or town == state.membership.name or not NAME.fullmatch(town):
            return Rejected(f"there is no bead {need}", "see them all: gt bead list", "unknown")
        if not state.membership.hub:
            return Rejected(f"{need} is in another town, and this one knows no others", "gt join INVITATION")
    return None


def hear_watch(state: Mayor, command: HearWatch) -> Decision:
    key = name_here(state, command.bead)
    match command.fact:
        case WatchAsked():
            if any(one.town == command.town for one in state.watched.get(key, ())):
                return ()
            one = state.beads.get(key)
            answer = WatchAnswered(bead=key, number=1, standing=standing(one), behind=rings.behind(state, key))
            return (on_watch(state, command.town, key, answer),)
        case WatchAnswered(number=number) as said:
            known = state.watches.get(key)
            if known is None or number <= known.number or command.town != key.partition(".")[0]:
                return ()
            heard = WatchHeard(bead=key, number=number, standing=said.standing, behind=said.behind)
            return (on_watch(state, command.town, key, heard),)
        case WatchHeard() | RingSeen():
            return ()


def follow(after: Mayor, changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """What other towns are asked, and told, because of `changes`."""
    touched = dict.fromkeys(change.entity.id for change in changes if change.entity.kind == bead.KIND)
    if rings.matters(changes):
        touched |= dict.fromkeys(after.watched)
    asked = dict.fromkeys(need for change in changes for need in _new_needs(change))
    questions = (_question(after, need) for need in asked if is_guest(need))
    told = (answer for key in touched for answer in _answers(after, key))
    return (*told, *(one for one in questions if one), *rings.follow(after, changes))


def _new_needs(change: Change) -> tuple[BeadId, ...]:
    match change.event:
        case bead.BeadCreated(needs=needs):
            return needs
        case bead.NeedAdded(need=need):
            return (need,)
        case _:
            return ()


def _question(after: Mayor, need: BeadId) -> Change | None:
    if need in after.beads or need in after.watches:
        return None
    return on_watch(after, need.partition(".")[0], need, WatchAsked(bead=need))


def _answers(after: Mayor, key: BeadId) -> Iterator[Change]:
    watchers = after.watched.get(key, ())
    now, behind = standing(after.beads.get(key)), rings.behind(after, key) if watchers else ()
    for one in watchers:
        if (one.standing, one.behind) != (now, behind):
            answer = WatchAnswered(bead=key, number=one.number + 1, standing=now, behind=behind)
            yield on_watch(after, one.town, key, answer)


def escalations(state: Mayor) -> Iterator[Effect]:
    """What a person is told of needs that the town they are said to be in does not know."""
    for need, seen in state.watches.items():
        if seen.unknown:
            town, key = need.partition(".")[0], f"need.{need}.{seen.unknown}"
            gone = seen.standing == "unknown"
            told = (
                _unknown_there(state, need, key) if gone else CloseEscalation(escalation=key, how="it is known there")
            )
            about = Entity(watch.KIND, f"{town}.{need}")
            way = "raise" if gone else "lower"
            yield Tell(key=f"tell:{way}:{key}", about=about, messages=(Message(DEACON, told),))


def _unknown_there(state: Mayor, need: BeadId, escalation: str) -> RaiseEscalation:
    town, _, name = need.partition(".")
    waiting = [one for one in state.dependents.get(need, ()) if need in state.beads[one].needs]
    return RaiseEscalation(
        escalation=escalation,
        about=Entity(watch.KIND, f"{town}.{need}"),
        severity="high",
        reason=f"{town} knows no bead {name}, which {', '.join(waiting)} waits for",
        hint=f"gt bead update {waiting[0] if waiting else 'BEAD'} --drop {shown(need)}",
    )
