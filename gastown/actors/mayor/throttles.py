"""Rules about accounts whose API gives them nothing for now.

- Nobody begins a turn under such an account until the time that its API named, or what is usual where it named none.
- When the time has come one turn goes first. When its API has given that one something, the others follow; when it has
  refused it, all wait again, twice as long as before.
- A refusal that comes late, of a time that is over, says nothing new; but a later time that its API named holds.
- One that wants a login is nobody's until a person has seen to it, and a person is told once.
"""

from collections.abc import Iterator

from gastown.actors.commands.accounts import ReportDelay, ReportProgress, WakeAccount
from gastown.actors.commands.deacon import CloseEscalation, RaiseEscalation
from gastown.actors.commands.mayor import ReportAttempt
from gastown.actors.effects import RemindAt
from gastown.actors.kernel.role import Change, Decision
from gastown.actors.mayor.account import Account, evolve_account
from gastown.actors.mayor.accounts import on_account
from gastown.actors.mayor.agents import agents_for
from gastown.actors.mayor.state import Bead, Mayor
from gastown.events import account
from gastown.events.account import (
    AccountEvent,
    AccountFreed,
    AccountRested,
    AccountShut,
    AccountThrottled,
    AccountTried,
    Cause,
    own,
)
from gastown.events.agent import AgentSpec
from gastown.events.gate import Settlement
from gastown.events.ids import AccountName, AgentName, Entity, SessionId

LEAST, LONGEST, LATEST = 1.0, 3600.0, 7 * 86400.0
"""Seconds: of any wait; of one that grows by itself; of one that an API names."""


def accounts_of(spec: AgentSpec) -> tuple[AccountName, ...]:
    """Under which it works, the first choice first."""
    return spec.accounts or (own(spec.name),)


def choice(
    state: Mayor, one: Bead, taken: frozenset[AccountName] = frozenset()
) -> tuple[AgentName, AccountName] | None:
    """Who begins a session on it now, and under which account. None: nobody can.

    taken: rested accounts under which one goes first already.
    """
    for spec in agents_for(state, one):
        for name in accounts_of(spec):
            standing = state.account(name).standing
            if standing == "well" or (standing == "rested" and name not in taken):
                return spec.name, name
    return None


def elsewhere(state: Mayor, one: Bead, name: AccountName) -> bool:
    """Whether somebody can go on with it at once, under another account than this one."""
    of_it = (other for spec in agents_for(state, one) for other in accounts_of(spec))
    return any(other != name and state.account(other).standing == "well" for other in of_it)


def settled(state: Mayor, name: AccountName, session: SessionId, last: Settlement) -> tuple[AccountEvent, ...]:
    """What a turn that is over says about its account."""
    known = state.account(name)
    tries = known.standing == "tried" and known.tried == session
    match last.failure:
        case None | "input":
            return (AccountFreed(),) if tries else ()
        case "rate_limit" | "server":
            return _throttled(known, session, last.failure, last)
        case "auth":
            told = known.standing == "shut" or known.locked_out == session
            return () if told else (AccountShut(reason=last.reason or "auth", session=session),)
        case "silent" | "crash":  # that is not its API's answer: another is to go first
            return (AccountRested(),) if tries else ()


def _throttled(known: Account, session: SessionId, why: Cause, last: Settlement) -> tuple[AccountEvent, ...]:
    if known.standing == "shut" or (known.standing == "tried" and known.tried != session and not last.named):
        return ()
    named = max(LEAST, min((last.retry_at or 0.0) - last.at, LATEST))
    grown = min(2 * known.wait, LONGEST) if known.tried == session else 0.0
    wait = max(named, grown)
    until = last.at + wait
    late = last.at < known.until and known.standing != "resting"
    if until <= known.until or (late and not last.named):
        return ()
    return (AccountThrottled(until=until, wait=wait, why=why, reason=last.reason or why, session=session),)


def waits(state: Mayor, name: AccountName, session: SessionId, events: tuple[AccountEvent, ...]) -> bool:
    """Whether this session's next turn is not to begin at once, once these events of its account have happened."""
    known = state.account(name)
    for event in events:
        known = evolve_account(known, event)
    return known.standing != "well" and not (known.standing == "tried" and known.tried == session)


def over(state: Mayor, name: AccountName, command: ReportAttempt) -> list[Change]:
    """What the end of a session says about its account."""
    events = settled(state, name, command.session, command.last) if command.last else ()
    known = state.account(name)
    if not events and command.outcome == "agent_broke" and command.retry_at is None and known.standing != "shut":
        told = known.locked_out == command.session
        events = () if told else (AccountShut(reason=command.reason, session=command.session),)
    elif not events and known.standing == "tried" and known.tried == command.session:
        events = (AccountRested(),)
    return [on_account(name, event) for event in events]


def report_progress(state: Mayor, command: ReportProgress) -> Decision:
    """The one that went first has been given something: nobody has to wait for the end of its turn."""
    turn = state.turns.get(command.session)
    known = state.account(turn.account) if turn else Account()
    if turn is None or known.standing != "tried" or known.tried != command.session:
        return ()
    return (on_account(turn.account, AccountFreed()),)


def report_delay(state: Mayor, command: ReportDelay) -> Decision:
    """Its program waits by itself, and is the one that goes first."""
    turn = state.turns.get(command.session)
    if turn is None or command.failure not in ("rate_limit", "server"):
        return ()
    known = state.account(turn.account)
    wait = max(LEAST, min(command.delay, LATEST))
    until = command.at + wait
    newer = known.standing in ("well", "rested", "resting") and until > known.until
    if not newer and known.tried != command.session:
        return ()
    reason, why = command.reason or command.failure, command.failure
    throttled = AccountThrottled(until=until, wait=wait, why=why, reason=reason, session=command.session, retries=True)
    return (on_account(turn.account, throttled),)


def wake_account(state: Mayor, command: WakeAccount) -> Decision:
    """Its time has come, unless it was throttled anew meanwhile."""
    known = state.account(command.account)
    if known.standing != "resting" or known.until != command.until:
        return ()
    turn = state.turns.get(known.retries)
    if turn is not None and turn.account == command.account and not turn.waits:
        return (on_account(command.account, AccountTried(session=known.retries)),)
    return (on_account(command.account, AccountRested()),)


def reminders(state: Mayor) -> Iterator[RemindAt]:
    for name, known in state.accounts.items():
        if known.standing == "resting":
            yield RemindAt(
                key=f"remind:account:{name}:{known.until}",
                about=Entity(account.KIND, name),
                at=known.until,
                command=WakeAccount(account=name, until=known.until),
            )


def escalation(state: Mayor, name: AccountName) -> RaiseEscalation | CloseEscalation | None:
    """What the Deacon is to know of the last time it wanted a login. None: it never has."""
    known = state.account(name)
    if not known.shuts:
        return None
    key = f"account.{name}.{known.shuts}"
    if known.standing != "shut":
        return CloseEscalation(escalation=key, how="it is tried again")
    mend = f"gt account set {name} --env KEY=..." if known.spec and known.spec.secrets else "log in with its program"
    return RaiseEscalation(
        escalation=key,
        about=Entity(account.KIND, name),
        severity="high",
        reason=f"account {name} wants a login: {known.reason}",
        hint=f"{mend}, then: gt account ok {name}",
    )
