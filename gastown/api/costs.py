"""costs: what the agents' turns used."""

from typing import Any

import msgspec

from gastown.api.call import Call, Method, Reply
from gastown.clock import now
from gastown.errors import UsageError
from gastown.projections.costs import BY, costs


class Costs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """by: one of BY. since: how many seconds ago the first turn ended that counts; None: all."""

    by: str = ""
    since: float | None = None


async def _costs(call: Call, params: Costs) -> Reply:
    if params.by not in BY:
        raise UsageError(f"costs are not added up by {params.by!r}", f"--by {' | '.join(filter(None, BY))}")
    after = 0.0 if params.since is None else now() - params.since
    rows = costs(call.store, params.by, after)
    (total,) = costs(call.store, "", after) or [None]
    return call.reply({"by": params.by, "rows": rows if params.by else [], "total": total})


METHODS: dict[str, Method[Any]] = {"costs": Method(run=_costs, params=Costs, workers=True, timed=True)}
