"""An invitation to a hub, in the hub's own log. Owner: the registrar."""

from typing import TypeAlias

from gastown.events.fact import Fact

KIND = "invitation"


class InvitationMade(Fact, tag="invitation.made", frozen=True, kw_only=True):
    """digest: SHA-256 of its secret, which the hub does not keep. expires: seconds since the epoch.

    again: for the member of that name itself, or whoever goes on in its place.
    """

    town: str
    digest: str
    expires: float
    again: bool = False


class InvitationUsed(Fact, tag="invitation.used", frozen=True, kw_only=True):
    """key: the public key of the town that came with it; the same one may ask again and gets the same answer."""

    key: str


class InvitationWithdrawn(Fact, tag="invitation.withdrawn", frozen=True, kw_only=True):
    reason: str


HubInvitationEvent: TypeAlias = InvitationMade | InvitationUsed | InvitationWithdrawn
