"""What holds of accounts and of who works under them, whatever befell the town. Each law gives breaches."""

from collections.abc import Iterator
from itertools import groupby
from typing import Literal

import msgspec

from gastown.events import account
from gastown.events.account import own
from gastown.events.agent import AgentAdded, AgentPreferred, AgentSpec
from gastown.events.bead import AgentChanged, BeadAssigned, BeadReturned, BeadSlung
from gastown.events.envelope import Recorded
from gastown.events.gate import TurnPermitted, TurnPostponed, TurnRefused
from gastown.events.ids import AccountName, AgentName, BeadId, SessionId
from simulated.apis import Asked
from simulated.dice import SimulatedSource
from simulated.talkers import Came


def named_by(came: dict[SessionId, list[Came]], session: SessionId, until: float) -> float:
    """The time before which nothing is to begin, as its API had said by then; seconds since the epoch, 0: none."""
    ones = [one for one in came.get(session, ()) if one.at <= until]
    failure = ones[-1].failure if ones else None
    return ones[-1].at + failure.retry_after if failure and failure.retry_after else 0.0


class Standing(msgspec.Struct):
    """Of an account. first: whose turn is let begin before all others; until: the time before which none is."""

    now: Literal["well", "resting", "rested", "tried", "shut"] = "well"
    until: float = 0.0
    first: SessionId = ""

    def begins(self, session: SessionId) -> Iterator[str]:
        """A turn of it."""
        if self.now in ("resting", "shut"):
            yield f"a turn of {session} was let begin while its account is {self.now}"
        if self.now == "rested":
            self.now, self.first = "tried", session
        if self.now == "tried" and self.first != session:
            yield f"a turn of {session} was let begin while {self.first} goes first"


def the_throttled_are_left_alone(events: list[Recorded], came: dict[SessionId, list[Came]]) -> Iterator[str]:
    """Under an account whose API gives it nothing, no turn begins before the time that this named, or a while of ours
    where it named none; then one goes first, and the others follow once that was given something."""
    accounts: dict[AccountName, Standing] = {}
    under: dict[SessionId, AccountName] = {}
    for one in _accounts_first(events):
        match one.envelope.data:
            case account.AccountThrottled(until=until, session=session, retries=retries):
                accounts[one.entity.id] = Standing("resting", until)
                if not retries and until < named_by(came, session, one.envelope.time):
                    yield f"{one.entity.id} is throttled until {until}, and {session} was told: not before"
            case account.AccountRested():
                if one.envelope.time < accounts[one.entity.id].until - 0.001:
                    yield f"{one.entity.id} is to be tried {accounts[one.entity.id].until - one.envelope.time} s early"
                accounts[one.entity.id] = Standing("rested")
            case account.AccountTried(session=session):
                accounts[one.entity.id] = Standing("tried", first=session)
            case account.AccountFreed() | account.AccountShut() | account.AccountOpened() as event:
                accounts[one.entity.id] = Standing(_STANDINGS[type(event)])
            case BeadAssigned(session=session, account=name):
                under[session] = name
                yield from accounts.setdefault(name, Standing()).begins(session)
            case TurnPermitted(session=session):
                yield from accounts.setdefault(under[session], Standing()).begins(session)
            case _:
                pass


def _accounts_first(events: list[Recorded]) -> Iterator[Recorded]:
    """What one decision says of several things is stored by thing, not in the order of what follows from what."""
    for _, decided in groupby(events, key=lambda one: one.envelope.command):
        yield from sorted(decided, key=lambda one: one.entity.kind != account.KIND)


_STANDINGS: dict[type, Literal["well", "rested", "shut"]] = {
    account.AccountFreed: "well",
    account.AccountOpened: "rested",
    account.AccountShut: "shut",
}


def a_session_has_one_account(events: list[Recorded], asked: list[Asked]) -> Iterator[str]:
    """The one it was begun under, in all its runs. (Of one that the log knows nothing of, the town was restored.)"""
    under = {
        one.envelope.data.session: one.envelope.data.account
        for one in events
        if isinstance(one.envelope.data, BeadAssigned)
    }
    for session, name in sorted({(one.session, one.account) for one in asked}):
        if session in under and under[session] != name:
            yield f"{session} was begun under {under[session]}, and asks under {name or 'its own'}"


def nobody_asks_before_its_time(events: list[Recorded], asked: list[Asked]) -> Iterator[str]:
    """The time that an API has named to anybody under its account, once the Mayor was told: only who was let begin
    before may still ask. A person may know better."""
    begun, told = dict[SessionId, list[float]](), dict[SessionId, list[float]]()
    opened: dict[AccountName, list[float]] = {}
    for one in events:
        at = one.envelope.time
        match one.envelope.data:
            case BeadAssigned(session=session) | TurnPermitted(session=session):
                begun.setdefault(session, []).append(at)
            case TurnPostponed(session=session) | TurnRefused(session=session) | BeadReturned(session=session):
                told.setdefault(session, []).append(at)
            case account.AccountOpened():
                opened.setdefault(one.entity.id, []).append(at)
            case _:
                pass
    for refused in asked:
        known = min((at for at in told.get(refused.session, ()) if at >= refused.at), default=refused.until)
        for ask in asked:
            let = max((at for at in begun.get(ask.session, ()) if at <= ask.at), default=0.0)
            early = refused.until - ask.at
            if ask.account != refused.account or not (known < let and early > 0.001):
                continue
            if not any(refused.at <= at <= ask.at for at in opened.get(ask.account, ())):
                at = let - SimulatedSource.BEGIN
                yield f"{ask.session} was let begin under {ask.account} at {at}, and so it asked {early} s early"


class Meant(msgspec.Struct):
    """Who is to work on what. agents: as they were added; beads: those that a sling has named for them."""

    agents: dict[AgentName, AgentSpec] = msgspec.field(default_factory=dict)
    default: AgentName = ""
    beads: dict[BeadId, AgentName] = msgspec.field(default_factory=dict)

    def take(self, one: Recorded) -> None:
        match one.envelope.data:
            case AgentAdded(spec=spec, default=default):
                self.agents[spec.name] = spec
                self.default = spec.name if default or not self.default else self.default
            case AgentPreferred():
                self.default = one.entity.id
            case BeadSlung(agent=agent) | AgentChanged(agent=agent):
                self.beads[one.entity.id] = agent
            case _:
                pass

    def choices(self, bead: BeadId) -> list[tuple[AgentName, AccountName]]:
        """The first choice first."""
        first = self.agents[self.beads.get(bead) or self.default]
        specs = [first, *(self.agents[name] for name in first.fallbacks)]
        return [(spec.name, name) for spec in specs for name in spec.accounts or (own(spec.name),)]


def work_goes_where_it_may(events: list[Recorded]) -> Iterator[str]:
    """A session begins with the agent that is meant, or one of its fallbacks, under one of that one's accounts; with a
    later one only where those before could not begin it."""
    meant, shut = Meant(), dict[AccountName, bool]()
    for one in _accounts_first(events):
        meant.take(one)
        match one.envelope.data:
            case account.AccountFreed():
                shut[one.entity.id] = False
            case account.AccountAdded() | account.AccountChanged() | account.AccountRemoved():
                pass
            case (
                account.AccountThrottled()
                | account.AccountRested()
                | account.AccountTried()
                | account.AccountShut()
                | account.AccountOpened()
            ):
                shut[one.entity.id] = True
            case BeadAssigned(agent=agent, account=name):
                choices = meant.choices(one.entity.id)
                if (agent, name) not in choices:
                    yield f"{one.entity.id} is worked on by {agent} under {name}, and was meant for {choices}"
                    continue
                better = [choice for choice in choices[: choices.index((agent, name))] if not shut.get(choice[1])]
                if better:
                    yield f"{one.entity.id} is worked on by {agent} under {name}, though {better} could"
            case _:
                pass
