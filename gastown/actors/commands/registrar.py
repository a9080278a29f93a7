"""What the registrar of a hub can be told. `at`: when, by the hub's clock, seconds since the epoch."""

from typing import TypeAlias

from gastown.actors.commands.command import Command, Owner
from gastown.bus.hub_protocol import Record

REGISTRAR = Owner("registrar", "hub")


class InviteTown(Command, tag="registrar.invite_town", frozen=True, kw_only=True):
    """digest: SHA-256 of the secret, in hexadecimal digits. again: see InvitationMade."""

    invitation: str
    town: str
    digest: str
    expires: float
    at: float
    again: bool = False


class AdmitTown(Command, tag="registrar.admit_town", frozen=True, kw_only=True):
    """A town came with an invitation. digest: of the secret that it showed. key: its public key.

    epoch, lineage: see MemberJoined.
    """

    invitation: str
    digest: str
    town: str
    incarnation: str
    key: str
    protocol: int
    at: float
    epoch: int = 0
    lineage: str = ""


class DismissTown(Command, tag="registrar.dismiss_town", frozen=True, kw_only=True):
    """It leaves."""

    town: str
    incarnation: str


class RevokeTown(Command, tag="registrar.revoke_town", frozen=True, kw_only=True):
    town: str
    by: str


class AdoptTown(Command, tag="registrar.adopt_town", frozen=True, kw_only=True):
    """See MemberAdopted. of: the incarnation of the one before, "" for whichever.

    quiet: seconds since the one before was last there. force: whether it was there or not.
    """

    town: str
    incarnation: str
    key: str
    position: int
    by: str
    quiet: float
    of: str = ""
    force: bool = False


class AllotTown(Command, tag="registrar.allot_town", frozen=True, kw_only=True):
    """See MemberAllotted."""

    town: str
    quota: int


class RecallMembers(Command, tag="registrar.recall_members", frozen=True, kw_only=True):
    """A town has kept this of what the hub once decided. records: each was sealed by the hub itself."""

    records: tuple[Record, ...]


RegistrarCommand: TypeAlias = InviteTown | AdmitTown | DismissTown | RevokeTown | AdoptTown | AllotTown | RecallMembers
