"""Turns: what a session's agent is told, and what each of its turns came to. Owner: the session's Polecat."""

from typing import Literal, TypeAlias

import msgspec

from gastown.events.fact import Fact
from gastown.events.ids import Commit

FailureKind: TypeAlias = Literal[
    "auth",  # it is not logged in, or its key is not taken
    "rate_limit",  # it may not ask for more now
    "server",  # its API is out of order, or does not answer
    "input",  # its API does not take what it was sent
    "silent",  # nothing was heard of it for too long
    "crash",  # the program failed, or said what nobody understands
]

TurnEnd: TypeAlias = Literal[
    "done",
    "cancelled",
    "failed",
    "interrupted",  # its agent was gone before it was over: what it came to, and what it used, nobody knows
]


class Usage(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Tokens, each counted once: `fresh` are those of the input that no cache held.

    cost: in USD, None if it is not known. priced: by which list, "" where its vendor told the cost itself.
    """

    fresh: int = 0
    cache_read: int = 0
    cache_write: int = 0
    output: int = 0
    cost: float | None = None
    priced: str = ""

    def __add__(self, other: "Usage") -> "Usage":
        costs = [one.cost for one in (self, other) if one.cost is not None]
        return Usage(
            fresh=self.fresh + other.fresh,
            cache_read=self.cache_read + other.cache_read,
            cache_write=self.cache_write + other.cache_write,
            output=self.output + other.output,
            cost=sum(costs) if costs else None,
            priced=self.priced or other.priced,
        )


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """status: of HTTP, where its API gave one. retry_after: seconds, where it said so."""

    kind: FailureKind
    message: str
    status: int | None = None
    retry_after: float | None = None


class ConversationOpened(Fact, tag="session.conversation_opened", frozen=True, kw_only=True):
    """conversation: by which its vendor's program can go on with it. model, version: as the program names them."""

    conversation: str
    model: str = ""
    version: str = ""


class MessageQueued(Fact, tag="session.message_queued", frozen=True, kw_only=True):
    """It is to be told between two turns; urgent: within the turn, where its agent can be told so.

    reply: the address of who is to hear if it is not told. mail: it is a letter, and the Deacon sees to that.
    prime: with all that a worker is told at its start.
    """

    message: str
    text: str
    sender: str = ""
    urgent: bool = False
    reply: str = ""
    mail: bool = False
    prime: bool = False


class MessagesTaken(Fact, tag="session.messages_taken", frozen=True, kw_only=True):
    """The agent's side has said that it has them. brief: they are mail, and stood in its brief."""

    messages: tuple[str, ...]
    brief: bool = False


class MessageDeferred(Fact, tag="session.message_deferred", frozen=True, kw_only=True):
    """It could not be told within the turn, and is told after it."""

    message: str
    reason: str


class ContextCompacted(Fact, tag="session.context_compacted", frozen=True, kw_only=True):
    """Its agent has replaced what it was told by a summary, for the time `number`. before: tokens, 0: not told."""

    number: int
    before: int = 0


class TurnRequested(Fact, tag="session.turn_requested", frozen=True, kw_only=True):
    """The agent waits, and is to go on if it may. reminder: what it is told where nobody has anything new for it.

    notice: what it is told before all else, and in any case.
    again: its API gave the turn before nothing: what it was told then is in `reminder`, and is told it in any case.
    """

    number: int
    reminder: str = ""
    notice: str = ""
    again: bool = False


class TurnOrdered(Fact, tag="session.turn_ordered", frozen=True, kw_only=True):
    """The agent is to go on with its turn `number` (the brief begins turn 1). messages: those that `text` holds.

    reminder: nobody wants anything new; it had nothing to hand in. prime: see MessageQueued. again: see TurnRequested.
    notes: it is to write down what it knows, and then the session is handed on.
    """

    number: int
    text: str
    messages: tuple[str, ...] = ()
    reminder: bool = False
    prime: bool = False
    again: bool = False
    notes: bool = False


class TurnEnded(Fact, tag="session.turn_ended", frozen=True, kw_only=True):
    """usage: None where its vendor does not tell. text: the end of what the agent said last.

    ahead: commits that could be handed in; changed: tracked files with uncommitted changes, some of them.
    denied: tools it was not let use. at: when it ended, seconds since the epoch; 0: not noted.
    """

    number: int
    end: TurnEnd
    at: float = 0.0
    text: str = ""
    usage: Usage | None = None
    model: str = ""
    failure: Failure | None = None
    ahead: int = 0
    changed: tuple[str, ...] = ()
    denied: tuple[str, ...] = ()
    commit: Commit = ""
    seconds: float = 0.0


TurnEvent: TypeAlias = (
    ConversationOpened
    | ContextCompacted
    | MessageQueued
    | MessagesTaken
    | MessageDeferred
    | TurnRequested
    | TurnOrdered
    | TurnEnded
)
