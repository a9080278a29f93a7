"""The port to a vendor's agent: started in a sandbox with a brief, it reports what happens as a stream of events."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Protocol, TypeAlias

import msgspec

from gastown.adapters.still import Still


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """All an agent is started with. environment: complete, nothing is inherited. logs: a folder for its output.

    mark: (name, value) of the environment variable by which every process of this session is known.
    timeout: seconds until it is stopped. most_output: bytes of its output that are kept at a time, the newest and the
    first; 0: all. still: holds all its processes now and then; that time does not count.
    """

    worktree: Path
    brief: str
    command: str
    environment: Mapping[str, str]
    mark: tuple[str, str]
    logs: Path
    timeout: float
    most_output: int = 0
    still: Still = msgspec.field(default_factory=Still)


class AgentStarted(msgspec.Struct, frozen=True, kw_only=True):
    """started: the process's start time in clock ticks since boot."""

    pid: int
    started: int


class AgentExited(msgspec.Struct, frozen=True, kw_only=True):
    """Every process of the session is gone. exit_code or signal: of its first process; stopped: we ended it.

    tail: the end of what it printed.
    """

    exit_code: int | None
    signal: int | None
    timed_out: bool = False
    stopped: bool = False
    tail: str = ""


AgentEvent: TypeAlias = AgentStarted | AgentExited


class AgentSession(Protocol):
    """One running agent."""

    def events(self) -> AsyncIterator[AgentEvent]:
        """AgentStarted first, AgentExited last."""
        ...

    async def stop(self, *, grace: float) -> None:
        """End it: up to `grace` seconds for it to end by itself, then SIGTERM, 5 s later SIGKILL, to all its processes.

        Returns when they are gone; events() then ends with AgentExited(stopped=True).
        """
        ...


class Agent(Protocol):
    """One vendor's program."""

    vendor: str

    async def start(self, start: Start) -> AgentSession:
        """Raises StartFailedError when the program cannot be started."""
        ...
