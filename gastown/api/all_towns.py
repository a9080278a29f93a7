"""towns.known: which towns a question can be about."""

from typing import Any

from gastown.api.call import Call, Method, Nothing, Reply


async def _known(call: Call, _: Nothing) -> Reply:
    """{here, others}: by name."""
    abroad = call.desk.abroad
    others = await abroad.others() if abroad is not None else ()
    return call.reply({"here": call.desk.town.name, "others": others})


METHODS: dict[str, Method[Any]] = {"towns.known": Method(run=_known, params=Nothing, workers=True)}
