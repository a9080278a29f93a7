"""A town's membership, in the log of the hub; the entity is the town's name. Owner: the registrar."""

from typing import Literal, TypeAlias

import msgspec

from gastown.events.fact import Fact

KIND = "member"


Gone: TypeAlias = Literal["", "left", "revoked"]


class Former(msgspec.Struct, frozen=True):
    """A town that another goes on for: since `epoch`, knowing its log up to `position`."""

    incarnation: str
    key: str
    epoch: int
    position: int


class MemberJoined(Fact, tag="member.joined", frozen=True, kw_only=True):
    """key: its public key, the only one that is let in under this name.

    epoch: how often, as the town says, it or the towns that it goes on for took the place of another. lineage: the
    incarnation of the town that all of them were in the beginning, "" where it was not said.
    """

    incarnation: str
    key: str
    invitation: str
    epoch: int = 0
    lineage: str = ""


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


class MemberAllotted(Fact, tag="member.allotted", frozen=True, kw_only=True):
    """By whoever keeps the hub. quota: bytes that the copy of its log may take, and that of its long texts."""

    quota: int


class MemberRecalled(Fact, tag="member.recalled", frozen=True, kw_only=True):
    """The hub had lost its log, or a part of it: what it had decided about the name by then, as a town kept it.

    number: of the decisions about the name, all told. The rest: see `Record` in `bus/hub_protocol.py`.
    """

    incarnation: str
    key: str
    epoch: int
    number: int
    after: int = 0
    formers: tuple[Former, ...] = ()
    gone: Gone = ""
    lineage: str = ""
    quota: int = 0


HubMemberEvent: TypeAlias = MemberJoined | MemberLeft | MemberRevoked | MemberAdopted | MemberAllotted | MemberRecalled
