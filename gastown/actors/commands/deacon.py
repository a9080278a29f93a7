"""What the Deacon can be told."""

from typing import Literal, TypeAlias

from gastown.actors.commands.adoption import AdoptionCommand
from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.hosts import HostCommand
from gastown.events.escalation import Severity
from gastown.events.ids import Entity
from gastown.events.mail import Address

DEACON = Owner("deacon", "town")


class InstallTown(Command, tag="deacon.install_town", frozen=True, kw_only=True):
    name: str
    incarnation: str


class RestoreTown(Command, tag="deacon.restore_town", frozen=True, kw_only=True):
    """See TownRestored."""

    name: str
    incarnation: str
    of: str
    position: int
    at: float
    bare: bool = False


class ForkTown(Command, tag="deacon.fork_town", frozen=True, kw_only=True):
    """See TownForked."""

    name: str
    incarnation: str
    of_name: str
    of: str
    position: int


class WantTown(Command, tag="deacon.want_town", frozen=True, kw_only=True):
    state: Literal["up", "down"]


class RaiseEscalation(Command, tag="deacon.raise_escalation", frozen=True, kw_only=True):
    escalation: str
    about: Entity
    severity: Severity
    reason: str
    hint: str = ""


class CloseEscalation(Command, tag="deacon.close_escalation", frozen=True, kw_only=True):
    escalation: str
    how: str


class AskPerson(Command, tag="deacon.ask_person", frozen=True, kw_only=True):
    """`gt escalate`. asker: the session that asks, "overseer" for a person. The id is made of it and a number.

    reply: whom the decision is written to.
    """

    asker: str
    reply: Address
    about: Entity
    severity: Severity
    reason: str


class AckEscalation(Command, tag="deacon.ack_escalation", frozen=True, kw_only=True):
    escalation: str
    by: str


class SettleEscalation(Command, tag="deacon.settle_escalation", frozen=True, kw_only=True):
    """By a person. Whoever asked is written what was decided."""

    escalation: str
    how: str
    by: str


DeaconCommand: TypeAlias = (
    InstallTown
    | RestoreTown
    | ForkTown
    | WantTown
    | HostCommand
    | AdoptionCommand
    | RaiseEscalation
    | CloseEscalation
    | AskPerson
    | AckEscalation
    | SettleEscalation
)
