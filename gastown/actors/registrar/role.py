"""The registrar as the kernel sees it."""

import msgspec

from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.registrar import (
    AdmitTown,
    AdoptTown,
    AllotTown,
    DismissTown,
    InviteTown,
    RecallMembers,
    RevokeTown,
)
from gastown.actors.effects import Effect
from gastown.actors.kernel.role import Change, Decision, Parked, Rejected
from gastown.actors.registrar.admission import admit, invite, not_acceptable, withdrawn
from gastown.actors.registrar.membership import allot, evolved, recall
from gastown.actors.registrar.state import Hub, Invited, Member
from gastown.bus.hub_protocol import AWAY
from gastown.events import hub_invitation, hub_member
from gastown.events.hub_invitation import InvitationMade, InvitationUsed, InvitationWithdrawn
from gastown.events.hub_member import HubMemberEvent, MemberAdopted, MemberLeft, MemberRevoked
from gastown.events.ids import Entity


class RegistrarRole:
    name = "registrar"
    states = Hub

    def initial(self, owner: Owner) -> Hub:
        del owner  # there is one
        return Hub()

    def decide(self, state: Hub, command: Command) -> Decision:
        match command:
            case InviteTown():
                return invite(state, command)
            case AdmitTown():
                return admit(state, command)
            case DismissTown(town=town, incarnation=incarnation):
                member = state.members.get(town)
                if member is None or member.gone or member.incarnation != incarnation:
                    return ()
                return (_of(town, MemberLeft(incarnation=incarnation)),)
            case RevokeTown():
                return _revoke(state, command)
            case AdoptTown():
                return _adopt(state, command)
            case AllotTown():
                return allot(state, command)
            case RecallMembers():
                return recall(state, command)
            case _:
                return Rejected(f"the registrar does not know {type(command).__name__}", code="bug")

    def evolve(self, state: Hub, change: Change) -> Hub:
        key, replace = change.entity.id, msgspec.structs.replace
        match change.event:
            case InvitationMade(town=town, digest=digest, expires=expires, again=again):
                return _with_invitation(state, key, Invited(town, digest, expires, again))
            case InvitationUsed(key=user) if key in state.invitations:
                return _with_invitation(state, key, replace(state.invitations[key], used=user))
            case InvitationWithdrawn(reason=reason) if key in state.invitations:
                return _with_invitation(state, key, replace(state.invitations[key], withdrawn=reason))
            case event if isinstance(event, HubMemberEvent):
                member = evolved(state.members.get(key), key, event)
                return state if member is None else _with_member(state, member)
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


def _revoke(state: Hub, command: RevokeTown) -> Decision:
    member = state.members.get(command.town)
    closed = withdrawn(state, command.town, "the town was revoked")
    if member is None:
        return closed or Rejected(f"there is no town {command.town} here", "gt hub towns", code="unknown")
    if member.gone == "revoked":
        return closed
    return (*closed, _of(command.town, MemberRevoked(by=command.by)))


def _adopt(state: Hub, command: AdoptTown) -> Decision:
    member = state.members.get(command.town)
    if member is None:
        return Rejected(f"there is no town {command.town} here", "gt towns", code="unknown")
    if (member.incarnation, member.key) == (command.incarnation, command.key) and not member.gone:
        return ()  # the first answer may have been lost
    if command.of and member.incarnation != command.of:
        reason = f"another town goes on in the place of that {command.town} already, of epoch {member.epoch}"
        return Rejected(reason, "gt towns", code="taken")
    refused = _not_adoptable(member, command) or not_acceptable(state, "", command.incarnation, command.key)
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
    return Rejected(f"{member.town} was here {command.quiet:.0f} s ago", hint, "taken")


def _with_invitation(state: Hub, key: str, invited: Invited) -> Hub:
    return msgspec.structs.replace(state, invitations=state.invitations.set(key, invited))


def _with_member(state: Hub, member: Member) -> Hub:
    return msgspec.structs.replace(state, members=state.members.set(member.town, member))


def _of(town: str, event: MemberLeft | MemberRevoked | MemberAdopted) -> Change:
    return Change(_member(town), event)


def _member(town: str) -> Entity:
    return Entity(hub_member.KIND, town)
