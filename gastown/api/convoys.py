"""convoy.*."""

from typing import Any

import msgspec

from gastown.actors.commands.mayor import MAYOR, ExtendConvoy, OpenConvoy
from gastown.api.call import Call, Method, Nothing, Reply
from gastown.api.desk import Desk
from gastown.errors import UnknownThingError
from gastown.events.ids import ConvoyId, Entity, hash_id
from gastown.projections import around, convoys
from gastown.projections.kernel.store import Record


class Create(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    title: str
    beads: tuple[str, ...]


class One(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    convoy: str


class Add(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    convoy: str
    beads: tuple[str, ...]


def new_convoy_id(call: Call) -> ConvoyId:
    """Made of the command's id, so that the same command makes the same one; the next one where that is taken."""
    nonce = 0
    while True:
        key = hash_id("cv", call.command_id, "", call.speaker.actor, 0, nonce, 5)
        if convoys.show(call.store, key) is None:
            return key
        nonce += 1


def known(call: Call, convoy: str) -> Record:
    """The convoy. Raises UnknownThingError."""
    found = convoys.show(call.store, convoy)
    if found is None:
        raise UnknownThingError(f"there is no convoy {convoy}", "see them: gt convoy list")
    return found


async def _create(call: Call, params: Create) -> Reply:
    accepted = await call.order(MAYOR, OpenConvoy(convoy=new_convoy_id(call), title=params.title, beads=params.beads))
    return Reply(accepted.position, known(call, accepted.events[0].entity.id))


async def _list(call: Call, _: Nothing) -> Reply:
    return call.reply(convoys.listing(call.store))


async def _show(call: Call, params: One) -> Reply:
    return call.reply(known(call, params.convoy))


async def _about(desk: Desk, params: One) -> list[Entity]:
    return around.convoy(desk.store, params.convoy)


async def _add(call: Call, params: Add) -> Reply:
    accepted = await call.order(MAYOR, ExtendConvoy(convoy=params.convoy, beads=params.beads))
    return Reply(accepted.position, known(call, params.convoy))


METHODS: dict[str, Method[Any]] = {
    "convoy.create": Method(run=_create, params=Create),
    "convoy.list": Method(run=_list, params=Nothing, workers=True, timed=True),
    "convoy.show": Method(run=_show, params=One, workers=True, timed=True, about=_about),
    "convoy.add": Method(run=_add, params=Add),
}
