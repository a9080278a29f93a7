"""Rules about who is let in: invitations, and the towns that come with them.

- Of the towns of one lineage only the one of the highest epoch is a member of its name: one that others went on for
  comes too late, also at a hub that has never heard of it.
"""

from hmac import compare_digest

from gastown.actors.commands.registrar import AdmitTown, InviteTown
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.registrar.state import Hub, Invited, Member, keys_of
from gastown.bus.hub_protocol import HUB, PROTOCOL
from gastown.bus.public_keys import is_public_user_key
from gastown.events import hub_invitation, hub_member
from gastown.events.hub_invitation import InvitationMade, InvitationUsed, InvitationWithdrawn
from gastown.events.hub_member import MemberJoined
from gastown.events.ids import NAME, Entity

_ASK = "ask whoever keeps the hub for a new one: gt hub invite TOWN"
_MOST_EPOCHS = 1_000_000
"""A town that says it is of a later epoch does not speak the truth."""


def invite(state: Hub, command: InviteTown) -> Decision:
    town = command.town
    if not NAME.fullmatch(town) or town == HUB:
        return Rejected(f"a town cannot be called {town!r}", "letters, digits, - and _, and not hub", code="usage")
    member = state.members.get(town)
    if member is not None and not member.gone and not command.again:
        hint = f"another name, or first: gt hub revoke {town}; to have this very town join anew: --again"
        return Rejected(f"{town} is a member already", hint, code="taken")
    if command.expires <= command.at:
        return Rejected("the invitation would have expired already", "gt hub invite TOWN --for 24h", code="usage")
    made = InvitationMade(town=town, digest=command.digest, expires=command.expires, again=command.again)
    return (*withdrawn(state, town, "there is a newer one"), Change(_invitation(command.invitation), made))


def admit(state: Hub, command: AdmitTown) -> Decision:
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
        or _too_late(member, command)
        or _taken(invited, member, command)
        or not_acceptable(state, command.town, command.incarnation, command.key, again=invited.again)
        or _not_believed(command)
    )
    if refused is not None:
        return refused
    joined = MemberJoined(
        incarnation=command.incarnation,
        key=command.key,
        invitation=command.invitation,
        epoch=command.epoch,
        lineage=command.lineage,
    )
    used = Change(_invitation(command.invitation), InvitationUsed(key=command.key))
    return (used, Change(Entity(hub_member.KIND, command.town), joined))


def _too_late(member: Member | None, command: AdmitTown) -> Rejected | None:
    if member is None or not command.lineage or not _is_older(command.lineage, command.epoch, member):
        return None
    reason = f"a town of epoch {member.epoch} goes on in the place of this one, which is of epoch {command.epoch}"
    return Rejected(reason, "gt branches lists what is only here; gt fork makes a town of its own of it")


def _is_older(lineage: str, epoch: int, member: Member) -> bool:
    return lineage == member.lineage and epoch < member.epoch


def _taken(invited: Invited, member: Member | None, command: AdmitTown) -> Rejected | None:
    if member is None or member.gone:
        return None
    goes_on = bool(member.lineage) and member.lineage == command.lineage and command.epoch > member.epoch
    if invited.again and (member.incarnation == command.incarnation or goes_on):
        return None
    hint = "every town of a hub has its own name"
    return Rejected(f"there is a town {command.town} here already", hint, code="taken")


def _not_believed(command: AdmitTown) -> Rejected | None:
    if 0 <= command.epoch <= _MOST_EPOCHS and (not command.lineage or _is_incarnation(command.lineage)):
        return None
    return Rejected("that is no epoch and lineage of a town", code="usage")


def _not_usable(invited: Invited, at: float) -> Rejected | None:
    if invited.used:
        return Rejected("the invitation has been used already", _ASK)
    if invited.withdrawn:
        return Rejected(f"the invitation was withdrawn: {invited.withdrawn}", _ASK)
    return Rejected("the invitation has expired", _ASK) if invited.expires <= at else None


def not_acceptable(state: Hub, town: str, incarnation: str, key: str, *, again: bool = False) -> Rejected | None:
    """What is refused here would also break the server's configuration. again: it may be a member."""
    if not is_public_user_key(key) or not _is_incarnation(incarnation):
        return Rejected("that is no key and incarnation of a town", code="usage")
    for member in state.members.values():
        for known_incarnation, known_key in keys_of(member):
            if known_incarnation == incarnation and _comes_back(member, town, incarnation, again=again):
                continue
            if known_key == key:
                return Rejected("this key is known here already, as another town's", "join with a new key")
            if known_incarnation == incarnation:
                return Rejected(f"this very town is known here already, as {member.town}", code="taken")
    return None


def _comes_back(member: Member, town: str, incarnation: str, *, again: bool) -> bool:
    """It was cut off, or has lost the way, and is invited again."""
    return (bool(member.gone) or again) and (member.town, member.incarnation) == (town, incarnation)


def _is_incarnation(text: str) -> bool:
    return text.isalnum() and text.isascii()


def withdrawn(state: Hub, town: str, reason: str) -> tuple[Change, ...]:
    still_open = sorted(key for key, one in state.invitations.items() if one.town == town and one.is_open)
    return tuple(Change(_invitation(key), InvitationWithdrawn(reason=reason)) for key in still_open)


def _invitation(key: str) -> Entity:
    return Entity(hub_invitation.KIND, key)
