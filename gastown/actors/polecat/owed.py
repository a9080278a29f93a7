"""What a Polecat's state waits for in the world."""

from msgspec.structs import replace

from gastown.actors.commands.command import Owner
from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.gate import RequestTurn, SettleTurn
from gastown.actors.commands.mail import AttendMail, ReportMailTold, ReturnNudges, Untold
from gastown.actors.commands.mayor import MAYOR, ReportAttempt, ReportStarted
from gastown.actors.commands.polecat import SettleSession
from gastown.actors.commands.refinery import Submit
from gastown.actors.commands.witness import ReportSessionEnded
from gastown.actors.effects import Effect, EndSession, Message, RunSession, TakeTurn, Tell, TellNow
from gastown.actors.polecat import going_on
from gastown.actors.polecat.asks import answers
from gastown.actors.polecat.messages import said
from gastown.actors.polecat.state import Ended, Live, Polecat, entity
from gastown.actors.polecat.turns import settlement
from gastown.events.ids import SessionId, submission_id
from gastown.events.mail import polecat_address
from gastown.events.session import SessionOpened

GRACE = 10.0
"""Seconds an agent has to end by itself once it has said that it is done; none where others want it to end."""

GRACE_WAITING = 2.0
"""The same, for one that waits to be told more."""


def due(state: Polecat) -> tuple[Effect, ...]:
    match state:
        case Live():
            return _of_live(state)
        case Ended():
            return (_of_ended(state),)
        case _:
            return ()


def _of_live(state: Live) -> tuple[Effect, ...]:
    opened, about, run = state.opened, entity(state), _run(state)
    effects: list[Effect] = []
    if state.started:
        started = ReportStarted(bead=opened.bead, session=state.session, polecat=opened.polecat)
        attend = AttendMail(session=state.session, address=polecat_address(opened.rig, opened.polecat))
        key = f"tell:started:{state.session}"
        effects.append(Tell(key=key, about=about, messages=(Message(MAYOR, started), Message(DEACON, attend))))
    effects += _at_the_gate(state)
    if state.told:
        told = (_told(state.session, state.told),)
        effects.append(Tell(key=f"tell:told:{state.session}.{len(state.told)}", about=about, messages=told))
    if state.end is None:
        effects += [] if state.lost else (*_of_turns(state), *answers(state))
    else:
        outcome, reason = state.end
        effects.append(
            EndSession(
                key=f"end:{state.session}",
                about=about,
                session=state.session,
                outcome=outcome,
                reason=reason,
                grace=_grace(state),
                host=opened.host,
            )
        )
    if state.lost and state.turn_over and state.end is None:
        return tuple(effects)  # its agent runs again once it may
    return (*effects, run)  # how it is to end comes first: after a restart it may have ended already


def _told(session: SessionId, mails: tuple[str, ...]) -> Message:
    return Message(DEACON, ReportMailTold(session=session, mails=mails))


def _run(state: Live) -> RunSession:
    opened = state.opened
    return RunSession(
        key=f"run:{state.session}:{state.run}" if state.run else f"run:{state.session}",
        about=entity(state),
        session=state.session,
        rig=opened.rig,
        bead=opened.bead,
        polecat=opened.polecat,
        agent=opened.agent,
        account=opened.account,
        earlier=opened.earlier,
        started=state.started,
        run=state.run,
        conversation=state.conversation.conversation if state.conversation else "",
        may_be_resumed=going_on.may_be_resumed(state),
        resume=going_on.resumption(state),
        end=state.end,
        host=opened.host,
    )


def _grace(state: Live) -> float:
    if state.turn_over:  # it waits, and has nothing more to do
        return GRACE_WAITING
    return GRACE if state.by_worker else 0.0


def _at_the_gate(state: Live) -> list[Tell]:
    """What the last turn came to goes with the wish for the next; or with the end, but where others are to know now."""
    ended, about, bead = state.unsettled, entity(state), state.opened.bead
    if ended is None:
        return []
    if state.wanted is not None and state.end is None:
        number, last = state.wanted.number, settlement(ended)
        request = RequestTurn(bead=bead, session=state.session, number=number, last=last)
        key = f"tell:request:{state.session}:{number}"
        return [Tell(key=key, about=about, messages=(Message(MAYOR, request),))]
    if ended.failure is None:
        return []
    settle = SettleTurn(bead=bead, session=state.session, last=settlement(ended))
    key = f"tell:settle:{state.session}:{ended.number}"
    return [Tell(key=key, about=about, messages=(Message(MAYOR, settle),))]


def _of_turns(state: Live) -> list[Effect]:
    about, effects = entity(state), list[Effect]()
    if state.ordered is not None and not state.turn_over:
        key, ordered = f"turn:{state.session}:{state.turn}", state.ordered
        effects.append(
            TakeTurn(
                key=key,
                about=about,
                session=state.session,
                number=ordered.number,
                text=ordered.text,
                messages=ordered.messages,
                prime=ordered.prime,
                notes=ordered.notes,
                host=state.opened.host,
            )
        )
    for one in state.waiting:
        if one.urgent and state.started and not state.turn_over:
            key = f"say:{state.session}:{one.message}"
            now = TellNow(key=key, about=about, session=state.session, message=one.message, text=said(one))
            effects.append(replace(now, run=state.run, prime=one.prime, host=state.opened.host))
    return effects


def _of_ended(state: Ended) -> Tell:
    rig, bead = (state.opened.rig, state.opened.bead) if state.opened else ("", "")
    if state.stopped is not None:
        rig, bead = state.stopped.rig, state.stopped.bead
    ended = state.ended
    submission = submission_id(rig, state.session) if ended.outcome == "submitted" else ""
    attempt = ReportAttempt(
        bead=bead,
        session=state.session,
        outcome=ended.outcome,
        reason=ended.reason,
        tail=ended.tail,
        submission=submission,
        commit=ended.commit,
        base=ended.base,
        kept=ended.kept,
        retry_at=ended.retry_at,
        barren=ended.barren,
        turn=state.turn,
        last=settlement(state.unsettled) if state.unsettled else None,
    )
    free = ReportSessionEnded(session=state.session, outcome=ended.outcome)
    messages = [Message(MAYOR, attempt), Message(Owner("witness", rig), free)]
    if submission and state.opened:
        messages.insert(0, Message(Owner("refinery", rig), _submit(state, state.opened, submission)))
    messages += _mail_of_ended(state)
    return Tell(
        key=f"tell:ended:{state.session}",
        about=entity(state),
        messages=tuple(messages),
        then=SettleSession(session=state.session),
    )


def _mail_of_ended(state: Ended) -> list[Message]:
    """What was told, should nobody have heard that; what was not, back to who sent it."""
    messages = [_told(state.session, state.told)] if state.told else []
    if state.untold:
        nudges = tuple(Untold(message=one.message, text=one.text, reply=one.reply) for one in state.untold)
        messages.append(Message(DEACON, ReturnNudges(session=state.session, nudges=nudges)))
    return messages


def _submit(state: Ended, opened: SessionOpened, submission: str) -> Submit:
    return Submit(
        submission=submission,
        rig=opened.rig,
        bead=opened.bead,
        session=state.session,
        title=opened.title,
        commit=state.ended.commit,
        base=state.ended.base,
        priority=opened.priority,
    )
