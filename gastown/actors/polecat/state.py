"""What a Polecat remembers: one frozen struct a phase."""

from typing import TypeAlias

import msgspec

from gastown.events import session
from gastown.events.ask import AskAnswered, AskRaised
from gastown.events.handoff import HandoffOrdered
from gastown.events.ids import Entity, SessionId
from gastown.events.session import Outcome, SessionEnded, SessionOpened, StopRequested, WorkSaved
from gastown.events.turn import ConversationOpened, MessageQueued, TurnEnded, TurnOrdered, TurnRequested


class Unopened(msgspec.Struct, tag=True, frozen=True):
    session: SessionId


class OpenAsk(msgspec.Struct, frozen=True, kw_only=True):
    """Its agent waits. answer: once there is one."""

    raised: AskRaised
    answer: AskAnswered | None = None


class Live(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Opened and not ended. end: what it is to end as and why, once that is decided. by_worker: by its own worker.

    turn: the number of the one its agent is in, or was in last (turn_over). ordered: by what it began.
    wanted: the next turn, while nobody has said whether it may be. held: the messages that it was wanted for.
    unsettled: the last turn that ended, until the Mayor is known to know it.
    waiting: messages that are not under way to it; under_way: those that are. queued, taken: all that ever were to be
    told, and were. mails: those that are letters; told: the letters among those that were taken.
    reminders: turns in a row that brought nothing and that nobody wanted anything new in.
    compactions: how often its agent has compacted its context. refused: turns in a row that its API refused for now.
    run: which of its agent's runs this is, from 0. lost: that one is still to be heard of, the one before is gone.
    turns: its agent takes more than one. handoff: it is to be handed on. reapplied: commits that it began with.
    retry_at: see SessionEnded. saved: the last. asks: those that are open; asked: how many there ever were.
    """

    opened: SessionOpened
    session: SessionId
    started: bool = False
    end: tuple[Outcome, str] | None = None
    by_worker: bool = False
    conversation: ConversationOpened | None = None
    turn: int = 1
    turn_over: bool = False
    ordered: TurnOrdered | None = None
    wanted: TurnRequested | None = None
    held: tuple[MessageQueued, ...] = ()
    unsettled: TurnEnded | None = None
    waiting: tuple[MessageQueued, ...] = ()
    queued: frozenset[str] = frozenset()
    taken: frozenset[str] = frozenset()
    under_way: tuple[MessageQueued, ...] = ()
    mails: frozenset[str] = frozenset()
    told: tuple[str, ...] = ()
    reminders: int = 0
    compactions: int = 0
    run: int = 0
    lost: bool = False
    refused: int = 0
    turns: bool = False
    handoff: HandoffOrdered | None = None
    reapplied: int = 0
    retry_at: float | None = None
    asks: tuple[OpenAsk, ...] = ()
    asked: int = 0
    saved: WorkSaved | None = None


class Ended(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """opened: None when it was stopped before it was opened; then `stopped` says whose it was.

    turn: the number of the one its agent was in last, 0 for none. unsettled: see Live.
    told: letters that its agent has. untold: nudges that its agent has not said to have.
    """

    session: SessionId
    ended: SessionEnded
    opened: SessionOpened | None
    stopped: StopRequested | None = None
    turn: int = 0
    unsettled: TurnEnded | None = None
    told: tuple[str, ...] = ()
    untold: tuple[MessageQueued, ...] = ()


class Settled(msgspec.Struct, tag=True, frozen=True):
    session: SessionId


Polecat: TypeAlias = Unopened | Live | Ended | Settled


def entity(state: Polecat) -> Entity:
    return Entity(session.KIND, state.session)
