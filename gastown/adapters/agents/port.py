"""The port to a vendor's agent: a conversation in a sandbox that takes turns, can be spoken to, asks, and is ended.

What happens in it is told as a stream of events (`told.py`); nothing is scraped. A turn begins with a prompt (the first
one with the brief, at once) and ends with `TurnEnded`; then the agent waits, if it `can` take another. What an agent
cannot do is declared, and raises CannotError when it is asked for.
"""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import msgspec

from gastown.adapters.agents.told import AgentEvent
from gastown.adapters.processes.program import Walls
from gastown.adapters.still import Still
from gastown.errors import GastownError
from gastown.events.agent import AgentSpec

Capability: TypeAlias = Literal[
    "turns",  # takes another prompt after a turn has ended
    "steer",  # takes a message within a turn
    "cancel",  # ends a turn and can go on
    "resume",  # goes on with a conversation that an earlier process had
    "fork",  # goes on with a copy of one
    "permissions",  # asks before it uses a tool, where it is to
    "usage",  # tells the tokens of each turn
    "cost",  # tells what they cost
    "retries",  # tells when it waits for its API, and how long
    "servers",  # takes MCP servers
    "compactions",  # tells when it has replaced its context by a summary
    "instructions",  # takes instructions apart from the prompt
]


class CannotError(GastownError):
    """This agent cannot do that, or not now. The message says which."""


class NotTakenError(GastownError):
    """The agent did not say that it has taken the message: it may have."""


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """An MCP server that the agent is to start and use, on standard input and output."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str] = {}


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """What an agent is told. id: by which it is known to have been taken (`MessageTaken`)."""

    id: str
    text: str


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """All an agent is started with. environment: complete, nothing is inherited. logs: a folder for its output.

    brief: the first prompt. instructions: who it is and how it is to work, as long as it lasts.
    aside: a copy is only to be asked something: it changes nothing, and the program keeps nothing of it. The folder
    that the conversation was held in.
    asks: it asks before it uses a tool; otherwise it may use any.
    resume: the conversation to go on with, "" for a new one; fork: with a copy of it. otherwise: the first prompt where
    the conversation is not there and the agent begins a new one by itself ("": `brief`).
    mark: (name, value) of the environment variable by which every process of this session is known.
    timeout: seconds until it is stopped. most_output: bytes of its output that are kept at a time, the newest and the
    first; 0: all. still: holds all its processes now and then; that time does not count.
    walls: hold it, None: nothing does. writes: besides its worktree, what it has to write; network: whether it may have
    one: for a vendor that can hold itself.
    silence: seconds without a word from it within a turn (while it uses no tool, and waits neither for a permission nor
    for its API's time), until the turn has failed as "silent" and its process is ended.
    """

    worktree: Path
    brief: str
    agent: AgentSpec
    environment: Mapping[str, str]
    mark: tuple[str, str]
    logs: Path
    timeout: float
    silence: float = 900.0
    instructions: str = ""
    servers: tuple[Server, ...] = ()
    asks: bool = False
    resume: str = ""
    fork: bool = False
    otherwise: str = ""
    aside: Path | None = None
    most_output: int = 0
    walls: Walls | None = None
    writes: tuple[Path, ...] = ()
    network: bool = True
    still: Still = msgspec.field(default_factory=Still)


class AgentSession(Protocol):
    """One agent at work."""

    def events(self) -> AsyncIterator[AgentEvent]:
        """AgentStarted first, AgentExited last. To be read once, and without long pauses: the agent waits meanwhile."""
        ...

    async def prompt(self, message: Message) -> None:
        """Begin a turn; returns once the agent has taken it. Raises CannotError (also within a turn): there is no turn
        then; NotTakenError: there is one, and it ends as any other."""
        ...

    async def steer(self, message: Message) -> None:
        """Say it within the turn; returns once the agent has taken it. Raises CannotError, NotTakenError."""
        ...

    async def answer(self, ask: str, *, allow: bool) -> None:
        """The permission of this id is given or refused. One that is no longer waited for is let be."""
        ...

    async def cancel(self) -> None:
        """End the turn; TurnEnded("cancelled") follows, at the latest after 2 s. Raises CannotError."""
        ...

    async def stop(self, *, grace: float) -> None:
        """End it: up to `grace` seconds for it to end by itself, then SIGTERM, 5 s later SIGKILL, to all its processes.

        Returns when they are gone; events() then ends with AgentExited(stopped=True).
        """
        ...


class Agent(Protocol):
    """One vendor's program."""

    vendor: str
    can: frozenset[Capability]

    async def start(self, start: Start) -> AgentSession:
        """Raises StartFailedError when the program cannot be started, CannotError for what is not among `can`."""
        ...


def able(vendor: str, can: frozenset[Capability], start: Start) -> None:
    """Raises CannotError for what this start asks of an agent that cannot do it."""
    asked: dict[Capability, object] = {
        "resume": start.resume,
        "fork": start.fork,
        "permissions": start.asks,
        "servers": start.servers,
        "instructions": start.instructions,
    }
    for capability, wanted in asked.items():
        if wanted and capability not in can:
            msg = f"{vendor} cannot be started with {capability}"
            raise CannotError(msg)
