"""What the Deacon can be told."""

from typing import Literal, TypeAlias

from gastown.actors.commands.command import Command, Owner
from gastown.events.escalation import Severity
from gastown.events.ids import Entity

DEACON = Owner("deacon", "town")


class InstallTown(Command, tag="deacon.install_town", frozen=True, kw_only=True):
    name: str
    incarnation: str


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


DeaconCommand: TypeAlias = InstallTown | WantTown | RaiseEscalation | CloseEscalation
