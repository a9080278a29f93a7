"""Accounts: the credentials that agents of one vendor work under, and whether their API gives them anything now.

An agent that names no account has one of its own (`own`), which is never added. Owner: the Mayor.
"""

from typing import Literal, TypeAlias

import msgspec

from gastown.events.fact import Fact
from gastown.events.ids import AccountName, AgentName, SessionId

KIND = "account"

Cause: TypeAlias = Literal["rate_limit", "server"]


def own(agent: AgentName) -> AccountName:
    """Of an agent that names none. No account can be added under such a name."""
    return f"agent.{agent}"


class AccountSpec(msgspec.Struct, frozen=True, kw_only=True):
    """Names only: values never enter the log.

    secrets: variables whose values lie among the town's secrets. passed: variables of the host's own.
    config_dir: where its vendor's program finds its settings and its login, "" for where the host's own does.
    """

    name: AccountName
    vendor: str
    secrets: tuple[str, ...] = ()
    passed: tuple[str, ...] = ()
    config_dir: str = ""


class AccountAdded(Fact, tag="account.added", frozen=True, kw_only=True):
    spec: AccountSpec


class AccountChanged(Fact, tag="account.changed", frozen=True, kw_only=True):
    spec: AccountSpec


class AccountRemoved(Fact, tag="account.removed", frozen=True, kw_only=True):
    pass


class AccountThrottled(Fact, tag="account.throttled", frozen=True, kw_only=True):
    """Its API gives it nothing until then (seconds since the epoch), `wait` seconds after it said so.

    session: whose turn it refused. retries: that turn is not over: its program tries again by itself.
    """

    until: float
    wait: float
    why: Cause
    reason: str
    session: SessionId = ""
    retries: bool = False


class AccountRested(Fact, tag="account.rested", frozen=True, kw_only=True):
    """It may be tried again: by one turn, before all others."""


class AccountTried(Fact, tag="account.tried", frozen=True, kw_only=True):
    """The turn of this session goes first."""

    session: SessionId


class AccountFreed(Fact, tag="account.freed", frozen=True, kw_only=True):
    """Its API gives it something again: everybody may go on."""


class AccountShut(Fact, tag="account.shut", frozen=True, kw_only=True):
    """Its API does not take its login: nothing is tried until a person has seen to it. session: who was refused."""

    reason: str
    session: SessionId = ""


class AccountOpened(Fact, tag="account.opened", frozen=True, kw_only=True):
    """A person has seen to its login, and it may be tried again."""


AccountEvent: TypeAlias = (
    AccountAdded
    | AccountChanged
    | AccountRemoved
    | AccountThrottled
    | AccountRested
    | AccountTried
    | AccountFreed
    | AccountShut
    | AccountOpened
)
