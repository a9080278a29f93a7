"""What the hub answers to its towns, and to those that come with an invitation."""

import hashlib

import msgspec

from gastown import clock
from gastown.actors.commands.registrar import AdmitTown, AdoptTown, DismissTown, RecallMembers
from gastown.actors.registrar.standing import Copied, welcome
from gastown.actors.registrar.state import Member as Known
from gastown.bus import hub_protocol as told
from gastown.bus.hub_protocol import (
    PROTOCOL,
    AskAdoption,
    AskLeave,
    AskTowns,
    Hello,
    HubReply,
    Join,
    Joined,
    Question,
    Return,
    Sealed,
    SwapRegister,
    Welcome,
    register_digest,
)
from gastown.bus.subjects import stream_name
from gastown.errors import RefusedError, UnknownThingError, UsageError
from gastown.events.hub_member import Former
from gastown.hub.office import Office
from gastown.hub.place import HubConfig
from gastown.hub.register import Register


class Questions:
    """`answer` is for `hub_questions`."""

    def __init__(self, hub: HubConfig, office: Office) -> None:
        self._hub = hub
        self._office = office
        self._register = Register(hub.password())

    async def answer(self, asker: str, question: Question) -> HubReply:
        match question:
            case Join():
                return await self._join(question)
            case Return():
                return await self._return(question)
            case Hello():
                return await self._hello(asker, question)
            case SwapRegister(known=known):
                refused = await self._recall(known, asker)
                return refused or HubReply(ok=True, data=self._register.of(self._office.state))
            case AskTowns():
                return HubReply(ok=True, data=self.members())
            case AskLeave():
                return await self._leave(asker)
            case AskAdoption():
                return await self._adopt(asker, question)

    async def _join(self, join: Join) -> HubReply:
        admit = AdmitTown(
            invitation=join.invitation,
            digest=digest_of(join.secret),
            town=join.town,
            incarnation=join.incarnation,
            key=join.key,
            protocol=join.protocol,
            at=clock.now(),
            epoch=join.epoch,
            lineage=join.lineage,
        )
        return await self._office.decide(admit, f"town {join.town}") or self._joined(join.town)

    def _joined(self, town: str) -> HubReply:
        member = self._office.member(town)
        epoch = member.epoch if member else 0
        hub = self._hub
        joined = Joined(
            hub=hub.name, leaf_urls=hub.leaf_urls(), ca=hub.authority(), epoch=epoch, join_urls=hub.join_urls()
        )
        return HubReply(ok=True, data=joined)

    async def _recall(self, known: tuple[Sealed, ...], town: str) -> HubReply | None:
        """Take what a town has kept for us, where it is more than we know."""
        records = self._register.opened(known)
        return await self._office.decide(RecallMembers(records=records), f"town {town}") if records else None

    async def _return(self, question: Return) -> HubReply:
        """Only who shows what this hub once sealed of it is told anything."""
        town, incarnation = question.town, question.incarnation
        own = [one for one in self._register.opened(question.known) if one.town == town]
        shown = next((one for one in own if one.incarnation == incarnation), None)
        if shown is None:
            raise UnknownThingError(f"this hub knows no such town {town}", f"gt hub invite {town}, there; then gt join")
        refused = await self._recall(question.known, town)
        member = self._office.member(town)
        if refused is not None or member is None:
            return refused or HubReply(ok=False, message=f"this hub cannot read what it knows of {town}")
        if member.gone:
            done = "was revoked" if member.gone == "revoked" else "left"
            raise RefusedError(f"{town} {done}", f"to come back: gt hub invite {town}, there; then gt join INVITATION")
        welcomed = welcome(self._office.state, self._hub.name, member, incarnation)
        if welcomed is None and shown.epoch < member.epoch:
            welcomed = Welcome(hub=self._hub.name, epoch=shown.epoch, fenced_by=member.epoch)
        if welcomed is None:
            raise RefusedError(*_another(town))
        return HubReply(ok=True, data=welcomed)

    async def _hello(self, asker: str, hello: Hello) -> HubReply:
        member = self._office.member(asker)
        welcomed = welcome(self._office.state, self._hub.name, member, hello.incarnation) if member else None
        if member is None or welcomed is None:
            raise RefusedError(*_another(asker))
        if hello.protocol != PROTOCOL:
            older = "hub" if hello.protocol > PROTOCOL else "town"
            msg = f"the town speaks version {hello.protocol} and the hub version {PROTOCOL}"
            raise RefusedError(msg, f"install a newer Gas Town on the machine of the {older}")
        if not welcomed.fenced_by:
            if hello.stream != stream_name(asker, hello.incarnation):
                raise UsageError(f"{hello.stream} is not the log of {asker}")
            await self._office.copy(Copied(asker, member.incarnation, member.after, member.quota))
        register = register_digest(self._register.of(self._office.state))
        return HubReply(ok=True, data=msgspec.structs.replace(welcomed, register=register))

    async def _leave(self, asker: str) -> HubReply:
        """It is cut off when whoever tends looks next: the answer is to reach it before."""
        member = self._office.member(asker)
        incarnation = member.incarnation if member else ""
        dismiss = DismissTown(town=asker, incarnation=incarnation)
        return await self._office.decide(dismiss, f"town {asker}", enforce=False) or HubReply(ok=True)

    async def _adopt(self, asker: str, question: AskAdoption) -> HubReply:
        member = self._office.member(question.town)
        stream = stream_name(question.town, member.incarnation) if member else ""
        adopt = AdoptTown(
            town=question.town,
            incarnation=question.incarnation,
            key=question.key,
            position=question.position,
            of=question.of,
            by=asker,
            quiet=self._office.sights.quiet(stream),
            force=question.force,
        )
        return await self._office.decide(adopt, f"town {asker}") or self._joined(question.town)

    def members(self) -> tuple[told.Member, ...]:
        """Also those that are gone, whose copies stay."""
        state = self._office.state
        return tuple(self._member(state.members[name]) for name in sorted(state.members) if name not in state.unclear)

    def _member(self, member: Known) -> told.Member:
        stream = stream_name(member.town, member.incarnation)
        sight, copy = self._office.sights.of(stream), self._office.sights.copies.get(stream)
        known = told.Member(
            name=member.town,
            incarnation=member.incarnation,
            epoch=member.epoch,
            connected=sight.connected and not member.gone,
            seen=sight.seen,
            quiet=0.0 if member.gone else self._office.sights.quiet(stream),
            gone=member.gone,
            formers=len(member.formers),
            told=clock.now(),
            heir_of=self._heir_of(member),
        )
        if copy is None:
            return known
        return msgspec.structs.replace(
            known,
            stream=stream,
            position=copy.position,
            last_at=copy.last_at,
            lag=max(copy.lag, sight.last - copy.position, 0),
            size=copy.size,
            limit=copy.limit,
            full=stream in self._office.sights.full,
        )

    def _heir_of(self, member: Known) -> str:
        """Whose log is the last of which the hub has more than was taken over, where that is not its own."""
        holders = [*member.formers, Former(member.incarnation, member.key, member.epoch, 0)]
        began = [0, *(former.position for former in member.formers)]
        for holder, after in reversed(list(zip(holders, began, strict=True))):
            copy = self._office.sights.copies.get(stream_name(member.town, holder.incarnation))
            if copy is not None and copy.position > after:
                return holder.incarnation if holder.incarnation != member.incarnation else ""
        return ""


def _another(town: str) -> tuple[str, str]:
    msg = f"the hub knows another town as {town}: this one is a copy of it, or was restored from one"
    return msg, f"gt hub revoke {town}, there; then a new invitation, or another name"


def digest_of(secret: str) -> str:
    """All that the hub keeps of it."""
    return hashlib.sha256(secret.encode()).hexdigest()
