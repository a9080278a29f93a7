"""join, leave, towns: the hub that the town is a member of, and who else is."""

from typing import Any

import msgspec

from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.membership import JoinHub, LeaveHub
from gastown.actors.kernel.role import Rejected
from gastown.actors.mayor.membership import join_hub
from gastown.api.all_towns import loads
from gastown.api.call import Call, DecidedAgainstError, Method, Nothing, Reply
from gastown.api.hub_side import Standing
from gastown.bus import invitation
from gastown.bus.hub_protocol import Member
from gastown.projections.rfc3339 import utc


class Join(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """invitation: as gt hub invite printed it."""

    invitation: str


class Leave(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: str = ""


async def _join(call: Call, params: Join) -> Reply:
    """A rule that refuses does so before the hub is asked."""
    given = invitation.decode(params.invitation)
    known = call.desk.runtime.state_of(MAYOR)
    rule = join_hub(known, JoinHub(hub=given.hub, name=call.desk.town.name, epoch=known.membership.epoch))
    if isinstance(rule, Rejected):
        raise DecidedAgainstError(rule)
    link = await call.desk.hub.join(params.invitation)
    accepted = await call.order(MAYOR, JoinHub(hub=link.hub, name=link.name, epoch=link.epoch))
    standing = await call.desk.hub.connect()
    return Reply(accepted.position, {"new": bool(accepted.events), **_shown(call, standing)})


async def _leave(call: Call, params: Leave) -> Reply:
    told = await call.desk.hub.leave()
    accepted = await call.order(MAYOR, LeaveHub(reason=params.reason or "left"))
    await call.desk.hub.connect()
    return Reply(accepted.position, {"told": told})


async def _towns(call: Call, _: Nothing) -> Reply:
    """load: what is going on there, null where nothing is known of it."""
    shown = _shown(call, await call.desk.hub.look_around())
    known = await loads(call.desk) if shown["towns"] else {}
    rows = [{**row, "load": known.get(row["name"])} for row in shown["towns"]]
    return call.reply({**shown, "towns": rows})


def _shown(call: Call, standing: Standing) -> dict[str, Any]:
    """asked_at: when the hub said so of the towns; null: never."""
    link, now = standing.link, call.moment
    return {
        "hub": link.hub if link else None,
        "name": link.name if link else None,
        "epoch": link.epoch if link else 0,
        "up": standing.up,
        "since": utc(standing.since) if link else None,
        "trouble": standing.trouble,
        "asked_at": utc(standing.asked or None),
        "age": round(max(0.0, now - standing.asked), 1) if standing.asked else None,
        "towns": [_town(call, standing, one, now) for one in sorted(standing.towns, key=lambda one: one.name)],
    }


def _town(call: Call, standing: Standing, one: Member, now: float) -> dict[str, Any]:
    here = standing.link is not None and one.name == standing.link.name
    lag = max(0, call.store.position - one.position) if here else one.lag
    return {
        "name": one.name,
        "here": here,
        "incarnation": one.incarnation,
        "epoch": one.epoch,
        "connected": one.connected and standing.up,
        "seen_at": utc(one.seen or None),
        "position": one.position,
        "lag": lag,
        "copied_at": utc(_copied(one, standing) or None),
        "copy_age": _age(one, standing, now),
        "last_at": utc(one.last_at or None),
        "size": one.size,
        "limit": one.limit,
        "full": one.full,
        "gone": one.gone,
        "fenced": "fenced" in call.desk.runtime.state_of(MAYOR).holds.now if here else False,
        "formers": one.formers,
    }


def _copied(one: Member, standing: Standing) -> float:
    """Until when the copy is known to hold all that the town wrote: while it is there and lacks nothing, until now."""
    if not one.stream:
        return 0.0
    if one.connected and one.lag == 0:
        return standing.asked
    return one.last_at if one.connected else (one.seen or one.last_at)


def _age(one: Member, standing: Standing, now: float) -> float | None:
    until = _copied(one, standing)
    return round(max(0.0, now - until), 1) if until else None


METHODS: dict[str, Method[Any]] = {
    "join": Method(run=_join, params=Join),
    "leave": Method(run=_leave, params=Leave),
    "towns": Method(run=_towns, params=Nothing),
}
