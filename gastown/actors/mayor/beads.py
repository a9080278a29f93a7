"""Rules about beads and convoys themselves."""

from collections.abc import Iterable

from gastown.actors.commands.mayor import (
    CloseBead,
    CreateBead,
    ExtendConvoy,
    OpenConvoy,
    ReopenBead,
    UpdateBead,
)
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor.abroad import is_guest, name_abroad, name_here, on_handover
from gastown.actors.mayor.phases import Away, Blocked, Closed, Landed, Offered, Open, Parked, Slung, Submitted, Working
from gastown.actors.mayor.state import Bead, Mayor, is_done
from gastown.actors.mayor.watches import unknown_need
from gastown.events import bead, convoy
from gastown.events.fact import Fact
from gastown.events.handover import HandoverRecalled
from gastown.events.ids import BeadId, ConvoyId, Entity, TownName, hash_id, hash_length, shown
from gastown.events.kept import Kept, size_of

TITLE_BYTES = 500
TEXT_BYTES = 4 * 1024 * 1024
NO_RIG_PREFIX = "hq"
"""What beads of no rig are called."""


def on_bead(key: BeadId, event: Fact) -> Change:
    return Change(Entity(bead.KIND, key), event)


def on_convoy(key: ConvoyId, event: Fact) -> Change:
    return Change(Entity(convoy.KIND, key), event)


def unknown_bead(key: BeadId) -> Rejected:
    return Rejected(f"there is no bead {key}", "see them all: gt bead list", "unknown")


def create_bead(state: Mayor, command: CreateBead) -> Decision:
    needs = tuple(dict.fromkeys(name_here(state, need) for need in command.needs))
    wrong = _wrong_text(command) or unknown_need(state, needs)
    if wrong is not None:
        return wrong
    if command.rig and (command.rig not in state.rigs or state.rigs[command.rig].removed):
        return Rejected(f"there is no rig {command.rig}", "see them: gt rig list", "unknown")
    created = bead.BeadCreated(
        title=command.title.strip(),
        description=command.description,
        acceptance=command.acceptance,
        priority=command.priority,
        issue_type=command.issue_type,
        rig=command.rig,
        needs=needs,
    )
    return (on_bead(_new_id(state, command), created),)


def _new_id(state: Mayor, command: CreateBead) -> BeadId:
    prefix = state.rigs[command.rig].config.prefix if command.rig else NO_RIG_PREFIX
    length = hash_length(state.prefixes.get(prefix, 0))
    text = command.description.digest if isinstance(command.description, Kept) else command.description
    for size in range(length, 9):
        for nonce in range(10):
            key = hash_id(prefix, command.title, text, command.creator, command.created_ns, nonce, size)
            if key not in state.beads:
                return key
    msg = f"no free id under {prefix}"
    raise RuntimeError(msg)  # 10 nonces of 8 digits all taken: not in this universe


def _wrong_text(command: CreateBead | UpdateBead) -> Rejected | None:
    if command.title is not None and not command.title.strip():
        return Rejected("a bead needs a title", "gt bead create TITLE", "usage")
    if command.title is not None and len(command.title.encode()) > TITLE_BYTES:
        return Rejected(f"a title may have {TITLE_BYTES} bytes", "put the rest into the description: -d", "usage")
    if command.priority is not None and not 0 <= command.priority <= 4:
        return Rejected(f"priority {command.priority} does not exist", "0 (highest) to 4", "usage")
    notes = command.notes if isinstance(command, UpdateBead) else None
    for text in (command.description, command.acceptance, notes):
        if text is not None and size_of(text) > TEXT_BYTES:
            return Rejected("a text may have 4 MiB", "put it into a file of the repository and name it here", "usage")
    return None


def _wrong_needs(state: Mayor, needs: Iterable[BeadId]) -> Rejected | None:
    return next((unknown_bead(need) for need in needs if need not in state.beads), None)


def update_bead(state: Mayor, command: UpdateBead) -> Decision:
    one = state.beads.get(command.bead)
    if one is None:
        return unknown_bead(command.bead)
    add, remove = (_named(state, needs) for needs in (command.add_needs, command.remove_needs))
    wrong = _wrong_text(command) or unknown_need(state, add) or _elsewhere(state, command.bead, one)
    if wrong is not None:
        return wrong
    cycle = next((need for need in add if _reaches(state, need, command.bead)), None)
    if cycle is not None:
        return Rejected(f"{command.bead} cannot need {cycle}, which needs {command.bead}", "gt bead show both")
    fields = {
        name: value
        for name in ("title", "description", "acceptance", "priority", "issue_type", "assignee", "notes")
        if (value := getattr(command, name)) is not None
    }
    changes = [on_bead(command.bead, bead.BeadUpdated(**fields))] if fields else []
    new = [need for need in add if need not in one.needs]
    gone = [need for need in remove if need in one.needs]
    changes += [on_bead(command.bead, bead.NeedAdded(need=need)) for need in new]
    changes += [on_bead(command.bead, bead.NeedRemoved(need=need)) for need in gone]
    return tuple(changes)


def _named(state: Mayor, needs: Iterable[BeadId]) -> tuple[BeadId, ...]:
    """Each once, by the name that it has here."""
    return tuple(dict.fromkeys(name_here(state, need) for need in needs))


def _elsewhere(state: Mayor, key: BeadId, one: Bead) -> Rejected | None:
    """What is changed of a bead that is on its way to another town would not go along."""
    match one.phase:
        case Offered():
            return Rejected(describe(key, one), way_back(state, key, one), "taken")
        case Away():
            return _its_own_towns(state, key, one)
        case _:
            return None


def _its_own_towns(state: Mayor, key: BeadId, one: Bead) -> Rejected:
    return Rejected(describe(key, one), f"the same, in {_town_of(one)}, with {shown(name_abroad(state, key))}", "taken")


def _town_of(one: Bead) -> TownName:
    return one.phase.town if isinstance(one.phase, Away) else ""


def _reaches(state: Mayor, start: BeadId, goal: BeadId) -> bool:
    """Whether `start` is `goal` or needs it, however indirectly."""
    seen: set[BeadId] = set()
    stack = [start]
    while stack:
        key = stack.pop()
        if key == goal:
            return True
        if key not in seen and key in state.beads:
            seen.add(key)
            stack.extend(state.beads[key].needs)
    return False


def close_bead(state: Mayor, command: CloseBead) -> Decision:
    one = state.beads.get(command.bead)
    if one is None:
        return unknown_bead(command.bead)
    if command.unlanded:
        reason = f"{command.bead} has {command.unlanded} commits of yours that have not landed"
        return Rejected(reason, "hand them in: gt done")
    match one.phase:
        case Landed() | Closed():
            return ()
        case Submitted(submission=submission):
            return Rejected(f"{command.bead} is with the Refinery as {submission}", f"gt unsling {command.bead} first")
        case Away():
            return _its_own_towns(state, command.bead, one)
        case _:
            closed = bead.BeadClosed(reason=command.reason or "closed", session=command.session)
            return (*_offer_over(state, command.bead, one), on_bead(command.bead, closed))


def _offer_over(state: Mayor, key: BeadId, one: Bead) -> tuple[Change, ...]:
    if not isinstance(one.phase, Offered):
        return ()
    event = HandoverRecalled(bead=key, epoch=one.phase.epoch, how="person", reason="closed")
    return (on_handover(state, one.phase.to, key, event),)


def reopen_bead(state: Mayor, command: ReopenBead) -> Decision:
    one = state.beads.get(command.bead)
    if one is None:
        return unknown_bead(command.bead)
    if isinstance(one.phase, Closed) and (one.phase.session or one.phase.submission):
        return Rejected(f"{command.bead} is still being wound up", "try again in a moment", "taken")
    if not is_done(one):
        return ()
    if is_guest(command.bead):
        born, _, key = command.bead.partition(".")
        return Rejected(f"{shown(command.bead)} has been given back", f"in {born}: gt bead reopen {key}")
    changes = [on_bead(command.bead, bead.BeadReopened(reason=command.reason))]
    changes += [on_convoy(key, convoy.ConvoyReopened()) for key in one.convoys if state.convoys[key].done]
    return tuple(changes)


def open_convoy(state: Mayor, command: OpenConvoy) -> Decision:
    wrong = _wrong_needs(state, command.beads)
    if wrong is not None:
        return wrong
    if not command.beads or not command.title.strip():
        return Rejected("a convoy needs a title and beads", "gt convoy create TITLE BEAD...", "usage")
    if command.convoy in state.convoys:
        return Rejected(f"there is a convoy {command.convoy} already", "try again", "taken")
    beads = tuple(dict.fromkeys(command.beads))
    return (on_convoy(command.convoy, convoy.ConvoyOpened(title=command.title.strip(), beads=beads)),)


def extend_convoy(state: Mayor, command: ExtendConvoy) -> Decision:
    known = state.convoys.get(command.convoy)
    if known is None:
        return Rejected(f"there is no convoy {command.convoy}", "see them: gt convoy list", "unknown")
    wrong = _wrong_needs(state, command.beads)
    if wrong is not None:
        return wrong
    new = tuple(key for key in dict.fromkeys(command.beads) if key not in known.beads)
    if not new:
        return ()
    changes = [on_convoy(command.convoy, convoy.ConvoyExtended(beads=new))]
    if known.done and not all(is_done(state.beads[key]) for key in new):
        changes.append(on_convoy(command.convoy, convoy.ConvoyReopened()))
    return tuple(changes)


def describe(key: BeadId, one: Bead) -> str:
    """Who has a bead, in words."""
    match one.phase:
        case Working(session=session):
            return f"{key} is being worked on in session {session}"
        case Submitted(submission=submission):
            return f"{key} is with the Refinery as {submission}"
        case Blocked(reason=reason):
            return f"{key} is blocked: {reason}"
        case Landed():
            return f"{key} has landed"
        case Closed():
            return f"{key} is closed"
        case Open():
            return f"{key} is open"
        case Parked():
            return f"{key} is parked: a newer Gas Town wrote about it"
        case Offered(to=town):
            return f"{key} is offered to {town}"
        case Away(town=town):
            return f"{key} is away at {town}"
        case Slung(to=towns) if towns:
            return f"{key} is slung to {towns[0]} and waits for what it needs"
        case Slung():
            return f"{key} is slung to {one.rig} and waits for its turn"


def way_back(state: Mayor, key: BeadId, one: Bead) -> str:
    """How a person has a bead again that is offered to another town, or is there."""
    match one.phase:
        case Away(town=town):
            name = shown(name_abroad(state, key))
            return f"in {town}: gt unsling {name}, then gt sling {name} --to {state.membership.name}"
        case _:
            return f"take it back first: gt recall {key}"
