"""How events change what the Mayor remembers."""

from typing import Any, TypeAlias, assert_never, cast

import msgspec

from gastown.actors.kernel.role import Change
from gastown.actors.mayor import budgets, gate, mail
from gastown.actors.mayor.evolve_abroad import (
    AbroadBeadEvent,
    evolve_abroad,
    evolve_coming,
    evolve_handover,
    evolve_watch,
    received,
)
from gastown.actors.mayor.evolve_agent import evolve_accounts, evolve_agent
from gastown.actors.mayor.evolve_rig import evolve_holds, evolve_rig
from gastown.actors.mayor.membership import evolve_membership
from gastown.actors.mayor.phases import Blocked, Closed, Landed, Open, Phase, Slung, Submitted, Working
from gastown.actors.mayor.places import BROKE, evolve_place, host_of, note_trouble
from gastown.actors.mayor.policies import evolve_policy
from gastown.actors.mayor.state import Bead, Convoy, Mayor, with_bead
from gastown.events import account, agent, bead, budget, convoy, handover, hold, membership, place, policy, rig, watch
from gastown.events.account import own
from gastown.events.bead import BeadEvent
from gastown.events.convoy import ConvoyEvent
from gastown.events.gate import GateEvent
from gastown.events.ids import AgentName, BeadId, ConvoyId, SessionId, SubmissionId
from gastown.events.session import Earlier
from gastown.events.settings import SettingsEvent, TextSettingChanged


def evolve(state: Mayor, change: Change) -> Mayor:
    key, event = change.entity.id, cast("Any", change.event)
    match change.entity.kind:
        case bead.KIND:
            return _evolve_bead(state, key, event)
        case convoy.KIND:
            return _evolve_convoy(state, key, event)
        case rig.KIND:
            return evolve_rig(state, key, event)
        case agent.KIND:
            return evolve_agent(state, key, event)
        case account.KIND:
            return evolve_accounts(state, key, event)
        case policy.KIND:
            return evolve_policy(state, key, event)
        case membership.KIND:
            return evolve_membership(state, event)
        case budget.KIND:
            return budgets.evolve_budget(state, key, event)
        case hold.KIND:
            holds = evolve_holds(state.holds, event)
            return msgspec.structs.replace(state, holds=holds, hold_changes=state.hold_changes + 1)
        case handover.KIND:
            return evolve_handover(state, key, event)
        case watch.KIND:
            return evolve_watch(state, key, event)
        case place.KIND:
            return evolve_place(state, key, event)
        case _:
            return _evolve_settings(state, event)


def _evolve_settings(state: Mayor, event: SettingsEvent) -> Mayor:
    if isinstance(event, TextSettingChanged):
        return msgspec.structs.replace(state, texts=state.texts.set(event.name, event.text))
    return msgspec.structs.replace(state, settings=state.settings.set(event.name, event.value))


def _evolve_bead(state: Mayor, key: BeadId, event: BeadEvent) -> Mayor:
    if isinstance(event, bead.BeadCreated):
        return _created(state, key, event)
    if isinstance(event, bead.BeadReceived):
        return received(state, key, event)
    if isinstance(event, bead.CommitsBrought | bead.CommitsMissed):
        return evolve_coming(state, key, event)
    if isinstance(event, GateEvent):
        return gate.note(state, key, event)
    one = state.beads[key]
    if isinstance(event, bead.NeedAdded | bead.NeedRemoved):
        return _evolve_needs(state, key, one, event)
    if isinstance(event, bead.BeadAddressed | bead.BeadMailSettled):
        return with_bead(state, key, mail.addressed(one, event))
    if isinstance(event, AbroadBeadEvent):
        return with_bead(state, key, evolve_abroad(one, event))
    state = with_bead(_note_setup(state, one, event), key, _next(one, event))
    return gate.note(state, key, event)


def _note_setup(state: Mayor, one: Bead, event: BeadEvent) -> Mayor:
    """Count the sessions in a row that the rig itself broke: one that has only started may still be among them.

    Those on another machine say something about that alone.
    """
    key, known = one.rig, state.rigs.get(one.rig)
    if host_of(one) and isinstance(event, bead.BeadReturned):
        return note_trouble(state, one, event)
    if known is None:
        return state
    if isinstance(event, bead.BeadReturned) and event.outcome in BROKE:
        broke = known.broke + 1
    elif isinstance(event, bead.BeadReturned | bead.BeadSubmitted) and known.broke:
        broke = 0
    else:
        return state
    return msgspec.structs.replace(state, rigs=state.rigs.set(key, msgspec.structs.replace(known, broke=broke)))


def _created(state: Mayor, key: BeadId, event: bead.BeadCreated) -> Mayor:
    one = Bead(title=event.title, priority=event.priority, age=len(state.beads), rig=event.rig, needs=event.needs)
    prefix = key.rpartition("-")[0]
    state = msgspec.structs.replace(state, prefixes=state.prefixes.set(prefix, state.prefixes.get(prefix, 0) + 1))
    for need in event.needs:
        state = _dependent(state, need, key)
    return with_bead(state, key, one)


def _dependent(state: Mayor, need: BeadId, dependent: BeadId) -> Mayor:
    known = state.dependents.get(need, ())
    return msgspec.structs.replace(state, dependents=state.dependents.set(need, (*known, dependent)))


def _evolve_needs(state: Mayor, key: BeadId, one: Bead, event: bead.NeedAdded | bead.NeedRemoved) -> Mayor:
    if isinstance(event, bead.NeedAdded):
        state = _dependent(state, event.need, key)
        return with_bead(state, key, msgspec.structs.replace(one, needs=(*one.needs, event.need)))
    left = tuple(need for need in one.needs if need != event.need)
    others = tuple(other for other in state.dependents.get(event.need, ()) if other != key)
    state = msgspec.structs.replace(state, dependents=state.dependents.set(event.need, others))
    return with_bead(state, key, msgspec.structs.replace(one, needs=left))


_PlainBeadEvent: TypeAlias = (
    bead.BeadUpdated
    | bead.BeadSlung
    | bead.BeadUnslung
    | bead.AgentChanged
    | bead.BeadAssigned
    | bead.BeadStarted
    | bead.BeadSubmitted
    | bead.BeadReturned
    | bead.BeadBlocked
    | bead.BeadRetried
    | bead.BeadLanded
    | bead.BeadClosed
    | bead.BeadReopened
)


def _next(one: Bead, event: _PlainBeadEvent) -> Bead:
    replace = msgspec.structs.replace
    match event:
        case bead.BeadUpdated():
            title = one.title if event.title is None else event.title
            return replace(one, title=title, priority=one.priority if event.priority is None else event.priority)
        case bead.BeadSlung():
            return replace(one, phase=Slung(to=event.to, there=event.there), rig=event.rig, agent=event.agent)
        case bead.BeadUnslung():
            return replace(one, phase=_unslung(one.phase, event.reason))
        case bead.AgentChanged(agent=agent):
            return replace(one, phase=_handed_to(one.phase, agent), agent=agent)
        case bead.BeadAssigned():
            return replace(one, phase=_working(event), sessions=event.number)
        case bead.BeadStarted():
            return replace(one, phase=_started(one.phase))
        case bead.BeadSubmitted():
            return replace(one, phase=_submitted(one.phase, event))
        case bead.BeadReturned():
            return _returned(one, event)
        case bead.BeadBlocked():
            blocks = one.blocks + 1
            phase = Blocked(reason=event.reason, escalated=event.escalated, number=blocks)
            return replace(one, phase=phase, blocks=blocks)
        case bead.BeadRetried():
            return replace(one, phase=Slung(), failed_runs=0, red_gates=0, conflicts=0, barren=0)
        case bead.BeadLanded():
            landings = (*one.landings, event.submission)
            return replace(one, phase=_landed(one.phase, event.submission), landings=landings)
        case bead.BeadClosed():
            return replace(one, phase=_closed(one.phase, event.session))
        case bead.BeadReopened():
            return replace(one, phase=Open(), earlier=None, failed_runs=0, red_gates=0, conflicts=0, barren=0)
        case _:
            assert_never(event)


def _working(event: bead.BeadAssigned) -> Working:
    account = event.account or own(event.agent)
    return Working(session=event.session, agent=event.agent, account=account, host=event.host)


def _unslung(phase: Phase, reason: str) -> Phase:
    """What is under way keeps its place until it has ended."""
    if isinstance(phase, Working | Submitted):
        return msgspec.structs.replace(phase, withdrawn=reason or "unslung")
    return Open()


def _handed_to(phase: Phase, agent: AgentName) -> Phase:
    return msgspec.structs.replace(phase, handed_to=agent) if isinstance(phase, Working) else phase


def _started(phase: Phase) -> Phase:
    return msgspec.structs.replace(phase, started=True) if isinstance(phase, Working) else phase


def _submitted(phase: Phase, event: bead.BeadSubmitted) -> Phase:
    if isinstance(phase, Closed):
        return Closed(submission=event.submission)
    withdrawn = phase.withdrawn if isinstance(phase, Working) else ""
    return Submitted(session=event.session, submission=event.submission, withdrawn=withdrawn)


def _landed(phase: Phase, submission: SubmissionId) -> Landed:
    """What it landed as may be another one than what its log knows to be under way."""
    if isinstance(phase, Submitted) and phase.submission != submission:
        return Landed(submission=phase.submission)
    return Landed()


def _closed(phase: Phase, by: SessionId) -> Closed:
    match phase:
        case Working():
            by_worker = phase.session == by
            return Closed(session=phase.session, by_worker=by_worker, host=phase.host, cut_off=phase.cut_off)
        case Submitted():
            return Closed(submission=phase.submission)
        case _:
            return Closed()


def _returned(one: Bead, event: bead.BeadReturned) -> Bead:
    counters = {
        "failed_runs": one.failed_runs + (event.charge == "failed_run"),
        "red_gates": one.red_gates + (event.charge == "red_gate"),
        "conflicts": one.conflicts + (event.charge == "conflict"),
        "barren": one.barren + event.barren if event.barren or event.outcome != "handed_on" else 0,
    }
    earlier = one.earlier
    if event.commit:
        earlier = Earlier(session=event.session, commit=event.commit, base=event.base)
    match one.phase:
        case Closed():
            phase: Phase = Closed()
        case Landed():
            phase = Landed()
        case Working(withdrawn=withdrawn) | Submitted(withdrawn=withdrawn) if withdrawn:
            phase = Open()
        case _:
            phase = Slung()
    return msgspec.structs.replace(one, phase=phase, earlier=earlier, **counters)


def _evolve_convoy(state: Mayor, key: ConvoyId, event: ConvoyEvent) -> Mayor:
    match event:
        case convoy.ConvoyOpened():
            one = Convoy(beads=event.beads)
            for member in event.beads:
                state = _joined(state, member, key)
        case convoy.ConvoyExtended():
            one = Convoy(beads=(*state.convoys[key].beads, *event.beads), done=state.convoys[key].done)
            for member in event.beads:
                state = _joined(state, member, key)
        case convoy.ConvoyCompleted():
            one = msgspec.structs.replace(state.convoys[key], done=True)
        case convoy.ConvoyReopened():
            one = msgspec.structs.replace(state.convoys[key], done=False)
        case _:
            assert_never(event)
    return msgspec.structs.replace(state, convoys=state.convoys.set(key, one))


def _joined(state: Mayor, member: BeadId, key: ConvoyId) -> Mayor:
    one = state.beads[member]
    joined = msgspec.structs.replace(one, convoys=(*one.convoys, key))
    return msgspec.structs.replace(state, beads=state.beads.set(member, joined))
