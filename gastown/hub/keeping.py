"""What the hub answers to whoever keeps it: `gt hub ...` on its own machine, with the password from its folder."""

import secrets
from typing import Any, TypeAlias

import msgspec

from gastown import clock
from gastown.actors.commands.registrar import AllotTown, InviteTown, RevokeTown
from gastown.bus.certificates import days_left
from gastown.bus.hub_protocol import HubReply
from gastown.bus.invitation import Invitation, encode
from gastown.errors import GastownError
from gastown.hub.office import Office
from gastown.hub.place import HubConfig
from gastown.hub.questions import Questions, digest_of
from gastown.not_json import NOT_JSON

SERVICE = "keep"
"""Under which name it is asked."""


class Invite(msgspec.Struct, frozen=True, tag="invite"):
    """seconds: how long the invitation holds. again: see InvitationMade."""

    town: str
    seconds: float
    again: bool = False


class Revoke(msgspec.Struct, frozen=True, tag="revoke"):
    town: str


class Allot(msgspec.Struct, frozen=True, tag="allot"):
    """See MemberAllotted."""

    town: str
    quota: int


class Look(msgspec.Struct, frozen=True, tag="look"):
    pass


Wish: TypeAlias = Invite | Revoke | Allot | Look
_decode = msgspec.json.Decoder(Wish).decode


class Keeping:
    """`answer` is for `Commands.serve`."""

    def __init__(self, hub: HubConfig, office: Office, questions: Questions) -> None:
        self._hub = hub
        self._office = office
        self._questions = questions

    async def answer(self, payload: bytes) -> bytes:
        try:
            reply = await self._reply(_decode(payload))
        except NOT_JSON as error:
            reply = HubReply(ok=False, code="usage", message=f"the hub cannot read what is wished: {error}")
        except GastownError as error:
            reply = HubReply(ok=False, code=error.code, message=error.message, hint=error.hint)
        return msgspec.json.encode(reply)

    async def _reply(self, wish: Wish) -> HubReply:
        match wish:
            case Invite():
                return await self._invite(wish)
            case Revoke(town=town):
                refused = await self._office.decide(RevokeTown(town=town, by="overseer"), "overseer")
                return refused or HubReply(ok=True, data={"town": town})
            case Allot(town=town, quota=quota):
                refused = await self._office.decide(AllotTown(town=town, quota=quota), "overseer", enforce=False)
                return refused or HubReply(ok=True, data={"town": town, "quota": quota})
            case Look():
                return HubReply(ok=True, data=self._seen())

    async def _invite(self, wish: Invite) -> HubReply:
        invitation = Invitation(
            hub=self._hub.name,
            urls=self._hub.join_urls(),
            ca=self._hub.authority(),
            town=wish.town,
            id=clock.new_id(),
            secret=secrets.token_urlsafe(24),
            expires=clock.now() + wish.seconds,
        )
        command = InviteTown(
            invitation=invitation.id,
            town=wish.town,
            digest=digest_of(invitation.secret),
            expires=invitation.expires,
            at=clock.now(),
            again=wish.again,
        )
        said = {"town": wish.town, "invitation": encode(invitation), "expires": invitation.expires}
        return await self._office.decide(command, "overseer") or HubReply(ok=True, data=said)

    def _seen(self) -> dict[str, Any]:
        now = clock.now()
        still_open = [
            {"town": one.town, "expires": one.expires}
            for one in self._office.state.invitations.values()
            if one.is_open and one.expires > now
        ]
        return {
            "hub": self._hub.name,
            "decides": self._hub.hosts[0],
            "copying": self._office.is_copying,
            "certificate_days": round(days_left(self._hub.certificate(), now), 1),
            "authority_days": round(days_left(self._hub.authority(), now), 1),
            "towns": self._questions.members(),
            "invitations": sorted(still_open, key=lambda one: (one["town"], one["expires"])),
        }
