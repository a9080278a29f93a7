"""directive.list, directive.show: what the town's owner has its workers do. Files: they have no history."""

from typing import Any

import msgspec

from gastown import directives
from gastown.api.call import Call, Method, Nothing, Reply
from gastown.directives import MOST, ROLES, Directive
from gastown.errors import UnknownThingError, UsageError
from gastown.projections import rigs
from gastown.projections.kernel.store import Record


class Show(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """rig "": of the whole town alone."""

    role: str
    rig: str = ""


async def _list(call: Call, _: Nothing) -> Reply:
    return call.reply([_shown(one) for one in directives.listing(call.desk.town.path)])


async def _show(call: Call, params: Show) -> Reply:
    """path: of the file that holds for the rig, or the town, there or not."""
    if params.role not in ROLES:
        raise UsageError(f"no agent has the role {params.role!r}", f"there are: {', '.join(ROLES)}")
    if params.rig and rigs.show(call.store, params.rig) is None:
        raise UnknownThingError(f"there is no rig {params.rig}", "see them: gt rig list")
    town = call.desk.town.path
    found = directives.read(town, params.role, params.rig)
    path = town / directives.path_of(params.role, params.rig)
    parts = [{**_shown(one), "text": one.text, "cut": one.size > MOST} for one in found]
    return call.reply({"role": params.role, "rig": params.rig, "path": str(path), "parts": parts})


def _shown(one: Directive) -> Record:
    return {"role": one.role, "rig": one.rig, "path": one.path, "size": one.size, "trouble": one.trouble}


METHODS: dict[str, Method[Any]] = {
    "directive.list": Method(run=_list, params=Nothing, workers=True),
    "directive.show": Method(run=_show, params=Show, workers=True),
}
