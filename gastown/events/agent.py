"""Agents: whose program works, and how it is started. Owner: the Mayor."""

from typing import Literal, TypeAlias

import msgspec

from gastown.events.fact import Fact
from gastown.events.fitness import FitnessEvent
from gastown.events.ids import AccountName

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
    accounts: it works under, the first that gives it anything. fallbacks: agents that take its work when none does.
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
    accounts: tuple[AccountName, ...] = ()
    fallbacks: tuple[str, ...] = ()


class AgentAdded(Fact, tag="agent.added", frozen=True, kw_only=True):
    spec: AgentSpec
    default: bool = False


class AgentChanged(Fact, tag="agent.changed", frozen=True, kw_only=True):
    """Sessions that are opened from now on work so."""

    spec: AgentSpec


class AgentPreferred(Fact, tag="agent.preferred", frozen=True, kw_only=True):
    """It is the one where none is named: the setting agent.polecat."""


class AgentRemoved(Fact, tag="agent.removed", frozen=True, kw_only=True):
    pass


class AgentThrottled(Fact, tag="agent.throttled", frozen=True, kw_only=True):
    """Of its own account. No longer written: see account.throttled."""

    until: float
    reason: str


class AgentFreed(Fact, tag="agent.freed", frozen=True, kw_only=True):
    """Of its own account. No longer written: see account.freed."""


AgentEvent: TypeAlias = (
    AgentAdded | AgentChanged | AgentPreferred | AgentRemoved | AgentThrottled | AgentFreed | FitnessEvent
)
