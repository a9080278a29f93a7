"""The registrar as the kernel sees it."""

from hmac import compare_digest

import msgspec

from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.registrar import AdmitTown, AdoptTown, DismissTown, InviteTown, RevokeTown
from gastown.actors.effects import Effect
from gastown.actors.kernel.role import Change, Decision, Parked, Rejected
from gastown.actors.registrar.state import Former, Hub, Invited, Member, keys_of
from gastown.bus.hub_protocol import HUB, PROTOCOL
from gastown.bus.keys import is_public_user_key
from gastown.events import hub_invitation, hub_member
from gastown.events.hub_invitation import InvitationMade, InvitationUsed, InvitationWithdrawn
from gastown.events.hub_member import MemberAdopted, MemberJoined, MemberLeft, MemberRevoked
from gastown.events.ids import NAME, Entity

AWAY = 60.0
"""Seconds that a town must not have been seen before another may go on in its place without force."""
_ASK = "ask whoever keeps the hub for a new one: gt hub invite TOWN"


class RegistrarRole:
    name = "registrar"
    states = Hub

    def initial(self, owner: Owner) -> Hub:
        del owner  # there is one
        return Hub()

    def decide(self, state: Hub, command: Command) -> Decision:
        match command:
            case InviteTown():
                return _invite(state, command)
            case AdmitTown():
                return _admit(state, command)
            case DismissTown(town=town, incarnation=incarnation):
                member = state.members.get(town)
                if member is None or member.gone or member.incarnation != incarnation:
                    return ()
                return (_of(town, MemberLeft(incarnation=incarnation)),)
            case RevokeTown():
                return _revoke(state, command)
            case AdoptTown():
                return _adopt(state, command)
            case _:
                return Rejected(f"the registrar does not know {type(command).__name__}", code="bug")

    def evolve(self, state: Hub, change: Change) -> Hub:
        key, replace = change.entity.id, msgspec.structs.replace
        match change.event:
            case InvitationMade(town=town, digest=digest, expires=expires):
                return _with_invitation(state, key, Invited(town, digest, expires))
            case InvitationUsed(key=user) if key in state.invitations:
                return _with_invitation(state, key, replace(state.invitations[key], used=user))
            case InvitationWithdrawn(reason=reason) if key in state.invitations:
                return _with_invitation(state, key, replace(state.invitations[key], withdrawn=reason))
            case MemberJoined(incarnation=incarnation, key=public):
                return _with_member(state, _joined(state.members.get(key), key, incarnation, public))
            case MemberLeft() if key in state.members:
                return _with_member(state, replace(state.members[key], gone="left"))
            case MemberRevoked() if key in state.members:
                return _with_member(state, replace(state.members[key], gone="revoked"))
            case MemberAdopted() as adopted if key in state.members:
                return _with_member(state, _adopted(state.members[key], adopted))
            case _:
                return state  # of what this version cannot read to its end: it is parked

    def due(self, state: Hub) -> tuple[Effect, ...]:
        del state  # see `standing.py`
        return ()

    def park(self, state: Hub, parked: Parked) -> Hub:
        """Fail closed: who may have been revoked by what cannot be read is not let in."""
        unclear = {name for name in state.members if parked.covers(_member(name))}
        invitations = state.invitations
        for key in state.invitations:
            if parked.covers(Entity(hub_invitation.KIND, key)):
                invitations = invitations.delete(key)
        return msgspec.structs.replace(state, unclear=state.unclear | unclear, invitations=invitations)

    def is_over(self, state: Hub) -> bool:
        del state
        return False


ROLE = RegistrarRole()


def owner_of(entity: Entity) -> Owner:
    """Of everything in a hub's log. Raises ValueError for what does not belong there."""
    if entity.kind in (hub_invitation.KIND, hub_member.KIND):
        return Owner("registrar", "hub")
    msg = f"nobody at a hub owns entities of kind {entity.kind!r}"
    raise ValueError(msg)


def _invite(state: Hub, command: InviteTown) -> Decision:
    town = command.town
    if not NAME.fullmatch(town) or town == HUB:
        return Rejected(f"a town cannot be called {town!r}", "letters, digits, - and _, and not hub", code="usage")
    member = state.members.get(town)
    if member is not None and not member.gone:
        return Rejected(f"{town} is a member already", f"another name, or first: gt hub revoke {town}", code="taken")
    if command.expires <= command.at:
        return Rejected("the invitation would have expired already", "gt hub invite TOWN --for 24h", code="usage")
    made = InvitationMade(town=town, digest=command.digest, expires=command.expires)
    return (*_withdrawn(state, town, "there is a newer one"), Change(_invitation(command.invitation), made))


def _admit(state: Hub, command: AdmitTown) -> Decision:
    invited = state.invitations.get(command.invitation)
    if invited is None or not compare_digest(invited.digest, command.digest):
        return Rejected("this hub has given no such invitation", _ASK, code="unknown")
    if command.protocol != PROTOCOL:
        older = "hub" if command.protocol > PROTOCOL else "town"
        reason = f"the town speaks version {command.protocol} and the hub version {PROTOCOL}"
        return Rejected(reason, f"install a newer Gas Town on the machine of the {older}")
    if invited.town != command.town:
        return Rejected(f"the invitation is for {invited.town}, not for {command.town}", _ASK)
    member = state.members.get(command.town)
    if member is not None and not member.gone and member.key == command.key == invited.used:
        return ()  # the first answer may have been lost
    refused = (
        _not_usable(invited, command.at)
        or _taken(command.town, member)
        or _not_acceptable(state, command.town, command.incarnation, command.key)
    )
    if refused is not None:
        return refused
    joined = MemberJoined(incarnation=command.incarnation, key=command.key, invitation=command.invitation)
    used = Change(_invitation(command.invitation), InvitationUsed(key=command.key))
    return (used, _of(command.town, joined))


def _taken(town: str, member: Member | None) -> Rejected | None:
    if member is None or member.gone:
        return None
    return Rejected(f"there is a town {town} here already", "every town of a hub has its own name", code="taken")


def _not_usable(invited: Invited, at: float) -> Rejected | None:
    if invited.used:
        return Rejected("the invitation has been used already", _ASK)
    if invited.withdrawn:
        return Rejected(f"the invitation was withdrawn: {invited.withdrawn}", _ASK)
    return Rejected("the invitation has expired", _ASK) if invited.expires <= at else None


def _not_acceptable(state: Hub, town: str, incarnation: str, key: str) -> Rejected | None:
    """What is refused here would also break the server's configuration."""
    if not is_public_user_key(key) or not incarnation.isalnum() or not incarnation.isascii():
        return Rejected("that is no key and incarnation of a town", code="usage")
    for member in state.members.values():
        for known_incarnation, known_key in keys_of(member):
            if known_incarnation == incarnation and _comes_back(member, town, incarnation):
                continue
            if known_key == key:
                return Rejected("this key is known here already, as another town's", "join with a new key")
            if known_incarnation == incarnation:
                return Rejected(f"this very town is known here already, as {member.town}", code="taken")
    return None


def _comes_back(member: Member, town: str, incarnation: str) -> bool:
    """It was cut off, and is invited again."""
    return bool(member.gone) and (member.town, member.incarnation) == (town, incarnation)


def _revoke(state: Hub, command: RevokeTown) -> Decision:
    member = state.members.get(command.town)
    withdrawn = _withdrawn(state, command.town, "the town was revoked")
    if member is None:
        return withdrawn or Rejected(f"there is no town {command.town} here", "gt hub towns", code="unknown")
    if member.gone == "revoked":
        return withdrawn
    return (*withdrawn, _of(command.town, MemberRevoked(by=command.by)))


def _adopt(state: Hub, command: AdoptTown) -> Decision:
    member = state.members.get(command.town)
    if member is None:
        return Rejected(f"there is no town {command.town} here", "gt towns", code="unknown")
    if (member.incarnation, member.key) == (command.incarnation, command.key) and not member.gone:
        return ()  # the first answer may have been lost
    refused = _not_adoptable(member, command) or _not_acceptable(state, "", command.incarnation, command.key)
    if refused is not None:
        return refused
    adopted = MemberAdopted(
        incarnation=command.incarnation,
        key=command.key,
        position=command.position,
        epoch=member.epoch + 1,
        by=command.by,
    )
    return (_of(command.town, adopted),)


def _not_adoptable(member: Member, command: AdoptTown) -> Rejected | None:
    if member.gone == "left":
        return Rejected(f"{member.town} left by itself: it works on, on its own")
    if member.gone or command.force or command.quiet >= AWAY:
        return None
    hint = f"a town that lives is not adopted; after {AWAY:.0f} s, or with --force, which fences it first"
    return Rejected(f"{member.town} was here {command.quiet:.0f} s ago", hint)


def _joined(before: Member | None, town: str, incarnation: str, key: str) -> Member:
    """Who comes back after it left keeps its past."""
    if before is not None and before.incarnation == incarnation:
        return msgspec.structs.replace(before, key=key, gone="")
    return Member(town, incarnation, key, epoch=before.epoch if before else 0)


def _adopted(before: Member, event: MemberAdopted) -> Member:
    former = Former(before.incarnation, before.key, event.epoch, event.position)
    formers = before.formers if before.gone else (*before.formers, former)
    return Member(before.town, event.incarnation, event.key, event.epoch, event.position, formers)


def _withdrawn(state: Hub, town: str, reason: str) -> tuple[Change, ...]:
    still_open = sorted(key for key, one in state.invitations.items() if one.town == town and one.is_open)
    return tuple(Change(_invitation(key), InvitationWithdrawn(reason=reason)) for key in still_open)


def _with_invitation(state: Hub, key: str, invited: Invited) -> Hub:
    return msgspec.structs.replace(state, invitations=state.invitations.set(key, invited))


def _with_member(state: Hub, member: Member) -> Hub:
    return msgspec.structs.replace(state, members=state.members.set(member.town, member))


def _of(town: str, event: MemberJoined | MemberLeft | MemberRevoked | MemberAdopted) -> Change:
    return Change(_member(town), event)


def _member(town: str) -> Entity:
    return Entity(hub_member.KIND, town)


def _invitation(key: str) -> Entity:
    return Entity(hub_invitation.KIND, key)
