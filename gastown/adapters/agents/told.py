"""What agents tell, the same for all vendors."""

from typing import TypeAlias

import msgspec

from gastown.events.turn import Failure, TurnEnd, Usage


class AgentStarted(msgspec.Struct, frozen=True, kw_only=True):
    """A process of it runs. started: the process's start time in clock ticks since boot."""

    pid: int
    started: int


class ConversationOpened(msgspec.Struct, frozen=True, kw_only=True):
    """id: what `Start.resume` takes. model, version: as the program names them, "" where it does not."""

    id: str
    model: str = ""
    version: str = ""


class MessageTaken(msgspec.Struct, frozen=True, kw_only=True):
    """The agent's side has it."""

    id: str


class MessageRefused(msgspec.Struct, frozen=True, kw_only=True):
    """The agent's side has said that it does not take it."""

    id: str
    reason: str


class TextSaid(msgspec.Struct, frozen=True, kw_only=True):
    """A piece of what the model writes; pieces are to be put together as they come."""

    text: str


class ToolBegan(msgspec.Struct, frozen=True, kw_only=True):
    """title: what it does, in the vendor's words: a command, a file."""

    id: str
    tool: str
    title: str = ""


class ToolEnded(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    ok: bool


class PermissionAsked(msgspec.Struct, frozen=True, kw_only=True):
    """It waits until `AgentSession.answer`. detail: what the tool is given, as JSON."""

    id: str
    tool: str
    title: str
    detail: str = ""


class Retrying(msgspec.Struct, frozen=True, kw_only=True):
    """It waits `delay` seconds before it asks its API again."""

    failure: Failure
    delay: float


class ContextTold(msgspec.Struct, frozen=True, kw_only=True):
    """Tokens that the conversation takes up, and that it may take up (0: not told)."""

    used: int
    size: int = 0


class ContextCompacted(msgspec.Struct, frozen=True, kw_only=True):
    """It has replaced what the conversation held by a summary. before: tokens that it took up, 0 where not told."""

    before: int = 0


class LineDropped(msgspec.Struct, frozen=True, kw_only=True):
    """It said a line of `size` bytes, more than is read of one: whatever that was is only in its output file."""

    size: int


class TurnEnded(msgspec.Struct, frozen=True, kw_only=True):
    """usage: of this turn, None if not told. text: what the model said last. denied: tools it was not let use.

    gone: its program has ended within it, although nobody wanted that.
    """

    end: TurnEnd
    text: str = ""
    usage: Usage | None = None
    failure: Failure | None = None
    denied: tuple[str, ...] = ()
    gone: bool = False


class AgentExited(msgspec.Struct, frozen=True, kw_only=True):
    """Every process of the session is gone. exit_code or signal: of its first process; stopped: we ended it.

    tail: the end of what it printed.
    """

    exit_code: int | None
    signal: int | None
    timed_out: bool = False
    stopped: bool = False
    tail: str = ""


AgentEvent: TypeAlias = (
    AgentStarted
    | ConversationOpened
    | MessageTaken
    | MessageRefused
    | TextSaid
    | ToolBegan
    | ToolEnded
    | PermissionAsked
    | Retrying
    | ContextTold
    | ContextCompacted
    | LineDropped
    | TurnEnded
    | AgentExited
)
