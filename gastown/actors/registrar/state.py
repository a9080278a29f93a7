"""What the registrar remembers."""

from collections.abc import Iterator

import msgspec
from immutables import Map

from gastown.events.hub_member import Former, Gone


class Invited(msgspec.Struct, frozen=True):
    """used: by the key of that town. withdrawn: the reason. again: see InvitationMade."""

    town: str
    digest: str
    expires: float
    again: bool = False
    used: str = ""
    withdrawn: str = ""

    @property
    def is_open(self) -> bool:
        return not self.used and not self.withdrawn


class Member(msgspec.Struct, frozen=True):
    """after: the position in its log behind which what it says is its own; an earlier town said the rest.

    number: of decisions about the name. lineage: see MemberJoined. quota: see MemberAllotted; 0: as all have.
    """

    town: str
    incarnation: str
    key: str
    epoch: int = 0
    after: int = 0
    formers: tuple[Former, ...] = ()
    gone: Gone = ""
    number: int = 0
    lineage: str = ""
    quota: int = 0


class Hub(msgspec.Struct, frozen=True):
    """unclear: names about which this version cannot read everything: nobody is let in under them."""

    invitations: Map[str, Invited] = Map()
    members: Map[str, Member] = Map()
    unclear: frozenset[str] = frozenset()


def keys_of(member: Member) -> Iterator[tuple[str, str]]:
    """Of every town that was ever let in under the name: incarnation and key."""
    yield member.incarnation, member.key
    for former in member.formers:
        yield former.incarnation, former.key
