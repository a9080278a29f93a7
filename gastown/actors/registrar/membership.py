"""What becomes of a name: who has it, who had it before, and what is recalled when the hub has lost its log."""

import msgspec

from gastown.actors.commands.registrar import AllotTown, RecallMembers
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.registrar.state import Former, Hub, Member
from gastown.bus.hub_protocol import Record
from gastown.events import hub_member
from gastown.events.hub_member import (
    Gone,
    HubMemberEvent,
    MemberAdopted,
    MemberAllotted,
    MemberJoined,
    MemberRecalled,
)
from gastown.events.ids import Entity

LEAST_QUOTA = 1024**2
"""Bytes."""


def recall(state: Hub, command: RecallMembers) -> Decision:
    """What is known here at least as well is no news: a hub that has its log hears none."""
    newest: dict[str, Record] = {}
    for record in command.records:
        known = newest.get(record.town)
        if known is None or (record.epoch, record.number) > (known.epoch, known.number):
            newest[record.town] = record
    return tuple(
        Change(Entity(hub_member.KIND, town), _recalled(record))
        for town, record in newest.items()
        if _is_ahead(record, state.members.get(town))
    )


def _is_ahead(record: Record, member: Member | None) -> bool:
    """The epoch first: whoever took another's place stays in it, whatever was decided about that one meanwhile."""
    return member is None or (record.epoch, record.number) > (member.epoch, member.number)


def _recalled(record: Record) -> MemberRecalled:
    return MemberRecalled(
        incarnation=record.incarnation,
        key=record.key,
        epoch=record.epoch,
        number=record.number,
        after=record.after,
        formers=record.formers,
        gone=record.gone,
        lineage=record.lineage,
        quota=record.quota,
    )


def allot(state: Hub, command: AllotTown) -> Decision:
    member = state.members.get(command.town)
    if member is None or member.gone:
        return Rejected(f"there is no town {command.town} here", "gt hub towns", code="unknown")
    if command.quota < LEAST_QUOTA:
        least = f"{LEAST_QUOTA // 1024**2}M"
        return Rejected(f"a copy cannot be held to {command.quota} bytes", f"{least} or more", code="usage")
    if member.quota == command.quota:
        return ()
    return (Change(Entity(hub_member.KIND, command.town), MemberAllotted(quota=command.quota)),)


def evolved(before: Member | None, town: str, event: HubMemberEvent) -> Member | None:
    """None: it is about nobody that is known."""
    if isinstance(event, MemberRecalled):
        return _as_recalled(before, town, event)
    if isinstance(event, MemberJoined):
        after = _joined(before, town, event)
    elif before is None:
        return None
    elif isinstance(event, MemberAllotted):
        after = msgspec.structs.replace(before, quota=event.quota)
    elif isinstance(event, MemberAdopted):
        after = _adopted(before, event)
    else:
        gone: Gone = "revoked" if isinstance(event, hub_member.MemberRevoked) else "left"
        after = msgspec.structs.replace(before, gone=gone)
    return msgspec.structs.replace(after, number=before.number + 1 if before else 1)


def _joined(before: Member | None, town: str, event: MemberJoined) -> Member:
    """Who comes back keeps its past. Who comes in the place of one that is there fences it."""
    replace = msgspec.structs.replace
    if before is None:
        return Member(town, event.incarnation, event.key, event.epoch, lineage=event.lineage)
    epoch = max(before.epoch, event.epoch)
    if before.incarnation == event.incarnation:
        return replace(before, key=event.key, epoch=epoch, gone="", lineage=event.lineage or before.lineage)
    formers = () if before.gone else (*before.formers, Former(before.incarnation, before.key, epoch, 0))
    return Member(town, event.incarnation, event.key, epoch, formers=formers, lineage=event.lineage)


def _adopted(before: Member, event: MemberAdopted) -> Member:
    former = Former(before.incarnation, before.key, event.epoch, event.position)
    formers = before.formers if before.gone else (*before.formers, former)
    return msgspec.structs.replace(
        before,
        incarnation=event.incarnation,
        key=event.key,
        epoch=event.epoch,
        after=event.position,
        formers=formers,
        gone="",
    )


def _as_recalled(before: Member | None, town: str, event: MemberRecalled) -> Member:
    """Whoever was taken for the town meanwhile, because nobody knew better, is told that it is not."""
    formers = event.formers
    known = {event.incarnation, *(former.incarnation for former in formers)}
    if before is not None and not before.gone and before.incarnation not in known and before.epoch < event.epoch:
        formers = (*formers, Former(before.incarnation, before.key, event.epoch, 0))
    return Member(
        town,
        event.incarnation,
        event.key,
        event.epoch,
        event.after,
        formers,
        event.gone,
        event.number,
        event.lineage,
        event.quota,
    )
