"""What the Deacon can be told of hosts. name: "" for the one at home. `at`: seconds since the epoch."""

from typing import TypeAlias

from gastown.actors.commands.command import Command
from gastown.events.ids import HostName


class GreetHost(Command, tag="deacon.greet_host", frozen=True, kw_only=True):
    """A host process says hello for the first time. slots: how many sessions it takes, 0 for as many as it is given."""

    host: str
    machine: str
    name: HostName = ""
    slots: int = 0


class ReportHostSilent(Command, tag="deacon.report_host_silent", frozen=True, kw_only=True):
    """Nothing was heard of the holder of this epoch for longer than its lease."""

    host: str
    epoch: int
    seconds: float
    name: HostName = ""


class ReportHostHeard(Command, tag="deacon.report_host_heard", frozen=True, kw_only=True):
    """The holder of this epoch is heard again."""

    host: str
    epoch: int
    name: HostName = ""


class ReportHostLost(Command, tag="deacon.report_host_lost", frozen=True, kw_only=True):
    """Nothing was heard of the holder of this epoch for longer than one waits."""

    name: HostName
    host: str
    epoch: int
    seconds: float


class ReportFarewell(Command, tag="deacon.report_farewell", frozen=True, kw_only=True):
    """The holder of this epoch is being taken down; over: nothing of it runs any more."""

    name: HostName
    host: str
    epoch: int
    over: bool


class InviteHost(Command, tag="deacon.invite_host", frozen=True, kw_only=True):
    """See HostInvited."""

    name: HostName
    invitation: str
    digest: str
    expires: float
    slots: int
    at: float


class AdmitHost(Command, tag="deacon.admit_host", frozen=True, kw_only=True):
    """A machine came with an invitation. digest: of the secret that it showed. key: its public key."""

    name: HostName
    invitation: str
    digest: str
    key: str
    at: float


class DismissHost(Command, tag="deacon.dismiss_host", frozen=True, kw_only=True):
    """It leaves."""

    name: HostName


class RevokeHost(Command, tag="deacon.revoke_host", frozen=True, kw_only=True):
    name: HostName
    by: str


HostCommand: TypeAlias = (
    GreetHost
    | ReportHostSilent
    | ReportHostHeard
    | ReportHostLost
    | ReportFarewell
    | InviteHost
    | AdmitHost
    | DismissHost
    | RevokeHost
)
