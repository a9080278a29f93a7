"""What the Mayor's state waits for in the world."""

import hashlib
from collections.abc import Iterator

from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.deacon import DEACON, CloseEscalation, RaiseEscalation
from gastown.actors.commands.handoff import ChangeHands
from gastown.actors.commands.polecat import StopSession
from gastown.actors.commands.refinery import HoldQueue, WithdrawSubmission
from gastown.actors.commands.witness import AssignPolecat
from gastown.actors.effects import Effect, FindLandings, HoldWork, Message, Tell
from gastown.actors.mayor import (
    budgets,
    fitness,
    gate,
    handoffs,
    handovers,
    luggage,
    mail,
    places,
    rings,
    throttles,
    watches,
)
from gastown.actors.mayor.moved import earlier_here
from gastown.actors.mayor.phases import Blocked, Closed, Landed, Open, Submitted, Working
from gastown.actors.mayor.state import Bead, Holds, Mayor, Rig
from gastown.events import account, bead, hold, rig
from gastown.events.hold import IS_HELD
from gastown.events.ids import BeadId, Entity, RigName


def due(state: Mayor) -> tuple[Effect, ...]:
    effects: list[Effect] = []
    for key in state.active:
        effects += (*_for_active(state, key, state.beads[key]), *mail.due(key, state.beads[key]))
    for key in state.owing:
        effects += (*_for_owing(key, state.beads[key]), *mail.due(key, state.beads[key]))
    effects += [*_for_holds(state), *_for_accounts(state), *gate.answers(state), *budgets.owed(state)]
    effects += [*handovers.due(state), *luggage.due(state), *watches.escalations(state), *rings.escalations(state)]
    return (*_freeze(state), *effects, *throttles.reminders(state), *fitness.escalations(state))


def _for_accounts(state: Mayor) -> Iterator[Effect]:
    for name in state.accounts:
        said = throttles.escalation(state, name)
        if said is not None:
            way = "raise" if isinstance(said, RaiseEscalation) else "lower"
            yield _tell(f"{way}:{said.escalation}", Entity(account.KIND, name), DEACON, said)


def _tell(key: str, about: Entity, to: Owner, command: Command) -> Tell:
    return Tell(key=f"tell:{key}", about=about, messages=(Message(to, command),))


def _for_active(state: Mayor, key: BeadId, one: Bead) -> Iterator[Effect]:
    about = Entity(bead.KIND, key)
    match one.phase:
        case Working(cut_off=True):
            yield places.lost(key, one)
        case Working(session=session, withdrawn=withdrawn) if withdrawn:
            stop = StopSession(session=session, rig=one.rig, bead=key, reason=withdrawn)
            yield _tell(f"stop:{session}", about, Owner("polecat", session), stop)
        case Working(session=session, handed_to=other) if other:
            change = ChangeHands(session=session, rig=one.rig, bead=key, reason=handoffs.reason_for(other))
            yield _tell(f"hands:{session}", about, Owner("polecat", session), change)
        case Working(session=session, agent=agent, account=account_name, host=host):
            assign = AssignPolecat(
                bead=key,
                session=session,
                number=one.sessions,
                agent=state.agents[agent],
                account=account_name,
                title=one.title,
                priority=one.priority,
                earlier=earlier_here(state, one),
                host=host,
            )
            yield _tell(f"assign:{session}", about, Owner("witness", one.rig), assign)
        case Submitted(submission=submission, withdrawn=withdrawn) if withdrawn:
            yield _withdraw(about, one.rig, submission, withdrawn)
        case _:
            pass


def _withdraw(about: Entity, rig_name: RigName, submission: str, reason: str) -> Tell:
    command = WithdrawSubmission(submission=submission, reason=reason)
    return _tell(f"withdraw:{submission}", about, Owner("refinery", rig_name), command)


def _for_owing(key: BeadId, one: Bead) -> Iterator[Effect]:
    about = Entity(bead.KIND, key)
    match one.phase:
        case Blocked(reason=reason, number=number):
            raised = RaiseEscalation(
                escalation=f"{key}.{number}", about=about, severity="high", reason=reason, hint=f"gt retry {key}"
            )
            yield _tell(f"raise:{key}.{number}", about, DEACON, raised)
        case Open(nowhere=nowhere) if nowhere:
            yield handovers.nowhere(key, one.blocks, nowhere)
        case _ if one.blocks:
            closed = CloseEscalation(escalation=f"{key}.{one.blocks}", how="the bead moves again")
            yield _tell(f"lower:{key}.{one.blocks}", about, DEACON, closed)
        case _:
            pass
    if isinstance(one.phase, Closed) and one.phase.cut_off:
        yield places.lost(key, one)
    elif isinstance(one.phase, Closed) and one.phase.session:
        session, reason = one.phase.session, "its bead was closed"
        stop = StopSession(session=session, rig=one.rig, bead=key, reason=reason, by_worker=one.phase.by_worker)
        yield _tell(f"stop:{one.phase.session}", about, Owner("polecat", one.phase.session), stop)
    if isinstance(one.phase, Closed | Landed) and one.phase.submission:
        yield _withdraw(about, one.rig, one.phase.submission, "its bead is done")


def _for_holds(state: Mayor) -> Iterator[Effect]:
    """Everybody is told how things stand, at every change anew; what a person has to lift is escalated."""
    yield from _escalated("town", "the town", Entity(hold.KIND, hold.TOWN), state.holds)
    for name, known in state.rigs.items():
        about = Entity(rig.KIND, name)
        yield from _escalated(f"rig.{name}", f"rig {name}", about, known.holds)
        if "moved" in known.holds.now:
            yield _search(name, known, about)
        if state.hold_changes and not known.removed:
            yield _tell(f"hold:{name}.{state.hold_changes}", about, Owner("refinery", name), _hold_queue(state, name))


def _search(name: RigName, known: Rig, about: Entity) -> FindLandings:
    """Begun anew where the rig is given another origin: the one it had may be gone for good."""
    origin = hashlib.sha256(known.config.origin.encode()).hexdigest()[:8]
    return FindLandings(key=f"find:{name}:{known.mark}.{origin}", about=about, rig=name, since=known.since)


def _escalated(scope: str, words: str, about: Entity, holds: Holds) -> Iterator[Effect]:
    for cause, number in holds.placed.items():
        key, held = f"{scope}.{cause}.{number}", holds.now.get(cause)
        if held is None:
            yield _tell(f"lower:{key}", about, DEACON, CloseEscalation(escalation=key, how="it is lifted"))
        else:
            reason = f"{words} {IS_HELD[held.depth]}: {held.reason}"
            raised = RaiseEscalation(escalation=key, about=about, severity="critical", reason=reason, hint=held.hint)
            yield _tell(f"raise:{key}", about, DEACON, raised)


def _hold_queue(state: Mayor, name: RigName) -> HoldQueue:
    depth = state.depth(name)
    return HoldQueue(
        rig=name,
        number=state.hold_changes,
        depth="" if depth in (None, "intake") else depth,
        resumed=state.rigs[name].queue_resumed,
    )


def _freeze(state: Mayor) -> Iterator[HoldWork]:
    """Due always: a host starts nothing before it has heard it."""
    stopped = tuple(sorted(name for name, known in state.rigs.items() if known.holds.depth() == "stop"))
    for host in ("", *places.counted(state)):
        yield HoldWork(
            key=f"hold:{state.hold_changes}:{host}" if host else f"hold:{state.hold_changes}",
            about=Entity(hold.KIND, hold.TOWN),
            number=state.hold_changes,
            town=state.holds.depth() == "stop",
            rigs=stopped,
            host=host,
        )
