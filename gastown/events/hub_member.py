"""A town's membership, in the log of the hub; the entity is the town's name. Owner: the registrar."""

from typing import TypeAlias

from gastown.events.fact import Fact

KIND = "member"


class MemberJoined(Fact, tag="member.joined", frozen=True, kw_only=True):
    """key: its public key, the only one that is let in under this name."""

    incarnation: str
    key: str
    invitation: str


class MemberLeft(Fact, tag="member.left", frozen=True, kw_only=True):
    """By itself. The copy of its log stays."""

    incarnation: str


class MemberRevoked(Fact, tag="member.revoked", frozen=True, kw_only=True):
    """By whoever keeps the hub. It is cut off; the copy of its log stays."""

    by: str


class MemberAdopted(Fact, tag="member.adopted", frozen=True, kw_only=True):
    """Another town goes on under this name. The one before is told so when it comes back, and that is all it may do.

    position: of the earlier town's log, up to which the new one knows it; in its own log all that comes behind is new.
    epoch: how often that has happened to the name. by: the member on whose machine.
    """

    incarnation: str
    key: str
    position: int
    epoch: int
    by: str


HubMemberEvent: TypeAlias = MemberJoined | MemberLeft | MemberRevoked | MemberAdopted
