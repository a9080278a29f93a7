"""Agents: whose program works, and how it is started. Owner: the Mayor."""

from typing import Literal, TypeAlias

import msgspec

from gastown.events.fact import Fact
from gastown.events.fitness import FitnessEvent

KIND = "agent"


SandboxName: TypeAlias = Literal[
    "",  # nobody has said
    "none",  # its worktree is a folder like any other
    "bwrap",  # it sees nothing else: walls, by bubblewrap
]


class AgentSpec(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """command: of shell, what is run; of others, the program instead of the vendor's own. arguments: after all others.

    env: names with a value, or a name alone (value None) to pass the host's own on. timeout: seconds a session.
    turn_cost: USD that a turn is reserved at, and counts as where nobody tells what it used; None: as it turns out.
    tells_usage: its vendor tells what its turns use.
    sandbox: the rig's counts, where it has said. reads, writes: what it sees behind walls, besides what all see there.
    """

    name: str
    vendor: str
    command: str = ""
    model: str = ""
    arguments: tuple[str, ...] = ()
    env: tuple[tuple[str, str | None], ...] = ()
    timeout: float = 7200.0
    turn_cost: float | None = None
    tells_usage: bool = False
    sandbox: SandboxName = ""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


class AgentAdded(Fact, tag="agent.added", frozen=True, kw_only=True):
    spec: AgentSpec
    default: bool = False


class AgentRemoved(Fact, tag="agent.removed", frozen=True, kw_only=True):
    pass


class AgentThrottled(Fact, tag="agent.throttled", frozen=True, kw_only=True):
    """Its API gives it nothing until then (seconds since the epoch): it is given no bead."""

    until: float
    reason: str


class AgentFreed(Fact, tag="agent.freed", frozen=True, kw_only=True):
    """It may be tried again."""


AgentEvent: TypeAlias = AgentAdded | AgentRemoved | AgentThrottled | AgentFreed | FitnessEvent
