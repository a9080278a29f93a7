"""What the Mayor can be told about accounts, and about which agents work under them."""

from typing import TypeAlias

from gastown.actors.commands.command import Command
from gastown.events.account import AccountSpec
from gastown.events.agent import AgentSpec
from gastown.events.ids import AccountName, AgentName, SessionId
from gastown.events.turn import FailureKind


class AddAgent(Command, tag="mayor.add_agent", frozen=True, kw_only=True):
    spec: AgentSpec
    default: bool = False


class ChangeAgent(Command, tag="mayor.change_agent", frozen=True, kw_only=True):
    """default: it is to be the one where none is named, too."""

    spec: AgentSpec
    default: bool = False


class PreferAgent(Command, tag="mayor.prefer_agent", frozen=True, kw_only=True):
    """It is to be the one where none is named."""

    agent: AgentName


class RemoveAgent(Command, tag="mayor.remove_agent", frozen=True, kw_only=True):
    agent: AgentName


class AddAccount(Command, tag="mayor.add_account", frozen=True, kw_only=True):
    account: AccountSpec


class ChangeAccount(Command, tag="mayor.change_account", frozen=True, kw_only=True):
    account: AccountSpec


class RemoveAccount(Command, tag="mayor.remove_account", frozen=True, kw_only=True):
    account: AccountName


class OpenAccount(Command, tag="mayor.open_account", frozen=True, kw_only=True):
    """A person has seen to its login, or does not want to wait any longer."""

    account: AccountName


class WakeAccount(Command, tag="mayor.wake_account", frozen=True, kw_only=True):
    """From herself: the time has come until which this account was to be given nothing."""

    account: AccountName
    until: float


class ReportProgress(Command, tag="mayor.report_progress", frozen=True, kw_only=True):
    """From the host: within this turn, its API has given the session's agent something."""

    session: SessionId
    number: int


class ReportDelay(Command, tag="mayor.report_delay", frozen=True, kw_only=True):
    """From the host: within a turn, the session's agent waits `delay` seconds for its API by itself, and tries again.

    at: when it began to, seconds since the epoch.
    """

    session: SessionId
    at: float
    delay: float
    failure: FailureKind
    reason: str = ""


AccountCommand: TypeAlias = (
    AddAgent
    | ChangeAgent
    | PreferAgent
    | RemoveAgent
    | AddAccount
    | ChangeAccount
    | RemoveAccount
    | OpenAccount
    | WakeAccount
    | ReportProgress
    | ReportDelay
)
