"""config.*: settings that decisions depend on. Those of the town's file are the command line's to write."""

from typing import Any

import msgspec

from gastown.actors.commands.accounts import PreferAgent
from gastown.actors.commands.mayor import MAYOR, ChangeSetting, ChangeTextSetting
from gastown.api.call import Call, Method, Reply
from gastown.config import FILE_SETTINGS
from gastown.errors import UnknownThingError, UsageError
from gastown.events.settings import TEXTS
from gastown.projections import definitions

SIZES = ("disk.min_free", "output.max")
"""Settings in bytes."""
AGENT = "agent.polecat"
"""Who works where none is named: a fact about that agent."""


class Get(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """name "": all."""

    name: str = ""


class Set(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    value: str


def _all(call: Call) -> dict[str, int | str]:
    """The town's file has no history."""
    town = call.desk.town
    in_file = {"nats.url": town.nats_url, "containment": town.containment} if call.is_live else {}
    _, default = definitions.specs(call.store)
    return {**definitions.settings(call.store), **definitions.texts(call.store), AGENT: default, **in_file}


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
    if params.name == AGENT:
        accepted = await call.order(MAYOR, PreferAgent(agent=params.value))
        return Reply(accepted.position, {AGENT: _all(call)[AGENT]})
    if params.name in TEXTS:
        accepted = await call.order(MAYOR, ChangeTextSetting(name=params.name, text=params.value))
        return Reply(accepted.position, {params.name: _all(call)[params.name]})
    value = _size(params.name, params.value) if params.name in SIZES else _whole(params.name, params.value)
    accepted = await call.order(MAYOR, ChangeSetting(name=params.name, value=value))
    return Reply(accepted.position, {params.name: _all(call)[params.name]})


def _whole(name: str, text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        raise UsageError(f"{name} is a whole number, not {text!r}", "gt config get") from error


def _size(name: str, text: str) -> int:
    """Bytes: "1073741824", "1G", "1.5G"."""
    unit = 1024 ** (1 + "KMGT".index(text[-1:].upper())) if text[-1:].upper() in (*"KMGT",) else 1
    try:
        return int(float(text[:-1]) * unit) if unit > 1 else int(text)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{name} is a size, not {text!r}", f"gt config set {name} 1G (or K, M, T, or bytes)"
        ) from error


METHODS: dict[str, Method[Any]] = {
    "config.get": Method(run=_get, params=Get, timed=True),
    "config.set": Method(run=_set, params=Set),
}
