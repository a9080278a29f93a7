"""config.*: settings that decisions depend on. Those of the town's file are the command line's to write."""

from typing import Any

import msgspec

from gastown.actors.commands.mayor import MAYOR, ChangeSetting
from gastown.api.call import Call, Method, Reply
from gastown.config import FILE_SETTINGS
from gastown.errors import UnknownThingError, UsageError
from gastown.projections import definitions


class Get(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """name "": all."""

    name: str = ""


class Set(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    value: str


def _all(call: Call) -> dict[str, int | str]:
    """The town's file has no history."""
    town = call.desk.town
    in_file = {"nats.url": town.nats_url, "containment": town.containment} if call.then is None else {}
    return {**definitions.settings(call.store), **in_file}


async def _get(call: Call, params: Get) -> Reply:
    known = _all(call)
    if not params.name:
        return call.reply(known)
    if params.name not in known:
        raise UnknownThingError(f"there is no setting {params.name}", f"there are: {', '.join(sorted(known))}")
    return call.reply({params.name: known[params.name]})


async def _set(call: Call, params: Set) -> Reply:
    if params.name in FILE_SETTINGS:
        raise UsageError(f"{params.name} stands in town.toml", f"gt config set {params.name} VALUE writes it there")
    try:
        value = int(params.value)
    except ValueError as error:
        raise UsageError(f"{params.name} is a whole number, not {params.value!r}", "gt config get") from error
    accepted = await call.order(MAYOR, ChangeSetting(name=params.name, value=value))
    return Reply(accepted.position, {params.name: _all(call)[params.name]})


METHODS: dict[str, Method[Any]] = {
    "config.get": Method(run=_get, params=Get, timed=True),
    "config.set": Method(run=_set, params=Set),
}
