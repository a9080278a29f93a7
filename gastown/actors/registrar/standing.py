"""What is to be in force at a hub, given what its registrar knows. Pure."""

from collections.abc import Iterator

import msgspec

from gastown.actors.registrar.state import Hub, Member
from gastown.bus.hub_protocol import Record, Welcome
from gastown.bus.hub_server import Login


class Copied(msgspec.Struct, frozen=True):
    """A log to be copied. What other towns hear of it begins behind position `after`.

    quota: see MemberAllotted; 0: as all have.
    """

    town: str
    incarnation: str
    after: int = 0
    quota: int = 0


def present(hub: Hub) -> Iterator[Member]:
    """The members that may connect, in the order of their names."""
    for name in sorted(hub.members):
        if not hub.members[name].gone and name not in hub.unclear:
            yield hub.members[name]


def logins(hub: Hub) -> tuple[Login, ...]:
    """Whom the server lets in."""
    found: list[Login] = []
    for member in present(hub):
        found.append(Login(town=member.town, incarnation=member.incarnation, key=member.key))
        found += [
            Login(town=member.town, incarnation=former.incarnation, key=former.key, fenced=True)
            for former in member.formers
        ]
    return tuple(found)


def copied(hub: Hub) -> tuple[Copied, ...]:
    """Whose logs the hub goes on copying."""
    return tuple(Copied(member.town, member.incarnation, member.after, member.quota) for member in present(hub))


def records(hub: Hub) -> tuple[Record, ...]:
    """What its towns are to keep for it: of every name, also of those whose town is gone."""
    return tuple(_record(hub.members[name]) for name in sorted(hub.members) if name not in hub.unclear)


def _record(member: Member) -> Record:
    return Record(
        town=member.town,
        incarnation=member.incarnation,
        key=member.key,
        epoch=member.epoch,
        number=member.number,
        after=member.after,
        formers=member.formers,
        gone=member.gone,
        lineage=member.lineage,
        quota=member.quota,
    )


def welcome(hub: Hub, name: str, member: Member, incarnation: str) -> Welcome | None:
    """What the town of this incarnation is to know. name: the hub's. None: it is not the member, and never was."""
    if incarnation == member.incarnation:
        return Welcome(hub=name, epoch=member.epoch)
    for former in member.formers:
        if incarnation == former.incarnation:
            return Welcome(hub=name, epoch=former.epoch - 1, fenced_by=former.epoch, adopted_at=former.position)
    return None
