"""host.*: machines other than the town's own on which sessions may run."""

from typing import Any

import msgspec

from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.hosts import RevokeHost
from gastown.api.call import Call, Method, Nothing, Reply
from gastown.bus import gate_protocol
from gastown.errors import UsageError
from gastown.projections import host
from gastown.projections.rfc3339 import utc


class Invite(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """slots: the most sessions that it is given. seconds: how long the invitation holds.

    addresses: names or addresses of this machine, at which that one reaches it.
    """

    name: str
    slots: int = 4
    seconds: float = 86_400.0
    addresses: tuple[str, ...] = ()


class One(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


LONGEST = 366 * 86_400.0
"""Seconds for which an invitation may hold."""


async def _invite(call: Call, params: Invite) -> Reply:
    if not 0 < params.seconds <= LONGEST:
        raise UsageError("an invitation holds for a while, at most a year", "gt host invite NAME --for 24h")
    given = await call.desk.gate.invite(params.name, params.slots, params.seconds, params.addresses)
    shown = {"name": given.host, "invitation": gate_protocol.encode(given), "expires": utc(given.expires)}
    return call.reply({**shown, "urls": given.urls})


async def _revoke(call: Call, params: One) -> Reply:
    accepted = await call.order(DEACON, RevokeHost(name=params.name, by=call.speaker.actor))
    await call.desk.gate.obey()
    return Reply(accepted.position, {"name": params.name})


async def _list(call: Call, _: Nothing) -> Reply:
    return call.reply(host.listing(call.store))


METHODS: dict[str, Method[Any]] = {
    "host.invite": Method(run=_invite, params=Invite),
    "host.revoke": Method(run=_revoke, params=One),
    "host.list": Method(run=_list, params=Nothing, timed=True),
}
