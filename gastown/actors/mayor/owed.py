"""What the Mayor's state waits for in the world."""

from collections.abc import Iterator

from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.deacon import DEACON, CloseEscalation, RaiseEscalation
from gastown.actors.commands.polecat import StopSession
from gastown.actors.commands.refinery import PauseQueue, ResumeQueue, WithdrawSubmission
from gastown.actors.commands.witness import AssignPolecat
from gastown.actors.effects import Effect, Message, Tell
from gastown.actors.mayor.state import Bead, Blocked, Closed, Mayor, Rig, Submitted, Working
from gastown.events import bead, rig
from gastown.events.ids import BeadId, Entity, RigName


def due(state: Mayor) -> tuple[Effect, ...]:
    effects: list[Effect] = []
    for key in state.active:
        effects += _for_active(state, key, state.beads[key])
    for key in state.owing:
        effects += _for_owing(key, state.beads[key])
    for name, known in state.rigs.items():
        effects += _for_rig(name, known)
    return tuple(effects)


def _tell(key: str, about: Entity, to: Owner, command: Command) -> Tell:
    return Tell(key=f"tell:{key}", about=about, messages=(Message(to, command),))


def _for_active(state: Mayor, key: BeadId, one: Bead) -> Iterator[Effect]:
    about = Entity(bead.KIND, key)
    match one.phase:
        case Working(session=session, withdrawn=withdrawn) if withdrawn:
            stop = StopSession(session=session, rig=one.rig, bead=key, reason=withdrawn)
            yield _tell(f"stop:{session}", about, Owner("polecat", session), stop)
        case Working(session=session, agent=agent):
            assign = AssignPolecat(
                bead=key,
                session=session,
                number=one.sessions,
                agent=state.agents[agent],
                title=one.title,
                priority=one.priority,
                earlier=one.earlier,
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
        case _ if one.blocks:
            closed = CloseEscalation(escalation=f"{key}.{one.blocks}", how="the bead moves again")
            yield _tell(f"lower:{key}.{one.blocks}", about, DEACON, closed)
        case _:
            pass
    if isinstance(one.phase, Closed) and one.phase.session:
        session, reason = one.phase.session, "its bead was closed"
        stop = StopSession(session=session, rig=one.rig, bead=key, reason=reason, by_worker=one.phase.by_worker)
        yield _tell(f"stop:{one.phase.session}", about, Owner("polecat", one.phase.session), stop)
    if isinstance(one.phase, Closed) and one.phase.submission:
        yield _withdraw(about, one.rig, one.phase.submission, "its bead was closed")


def _for_rig(name: RigName, known: Rig) -> Iterator[Effect]:
    if not known.pauses:
        return
    about, queue, number = Entity(rig.KIND, name), Owner("refinery", name), known.pauses
    escalation = f"rig.{name}.{number}"
    if known.paused:
        pause = PauseQueue(rig=name, reason=known.paused, hint=known.hint)
        yield _tell(f"pause:{name}.{number}", about, queue, pause)
        raised = RaiseEscalation(
            escalation=escalation,
            about=about,
            severity="critical",
            reason=f"rig {name} is paused: {known.paused}",
            hint=known.hint or f"gt rig resume {name}",
        )
        yield _tell(f"raise:{escalation}", about, DEACON, raised)
    else:
        yield _tell(f"resume:{name}.{number}", about, queue, ResumeQueue(rig=name))
        closed = CloseEscalation(escalation=escalation, how="the rig was resumed")
        yield _tell(f"lower:{escalation}", about, DEACON, closed)
