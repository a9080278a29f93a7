"""What a turn of Claude Code has used, from its `result` lines. Measured with claude 2.1.197.

`usage` is the turn's, without what was used beside the conversation; `modelUsage` and `total_cost_usd` hold everything,
but as sums over the process, and nobody says what a resumed one counts from.
"""

import msgspec

from gastown.adapters.agents.said import Said
from gastown.events.turn import Usage


class Meter:
    """resumed: the process goes on with a conversation of an earlier one."""

    def __init__(self, *, resumed: bool) -> None:
        self._sums = Usage(cost=0.0)
        self._from_nothing = not resumed

    def read(self, result: Said) -> Usage:
        """What was used since it was read last."""
        own = result.at("usage")
        turn = Usage(
            fresh=own.count("input_tokens"),
            cache_read=own.count("cache_read_input_tokens"),
            cache_write=own.count("cache_creation_input_tokens"),
            output=own.count("output_tokens"),
        )
        sums = _sums(result)
        if sums is None:
            return turn
        before, from_nothing = self._sums, self._from_nothing
        self._sums, self._from_nothing = sums, True
        grown = _grown(before, sums)
        if grown is None:  # they are no sums: of another version, then
            return msgspec.structs.replace(turn, cost=sums.cost)
        if not from_nothing and msgspec.structs.replace(grown, cost=None) != turn:
            return turn  # an earlier process's are in it: what this turn cost is not told
        return grown


def _sums(result: Said) -> Usage | None:
    models = [model for _, model in result.at("modelUsage").fields()]
    if not models:
        return None
    return Usage(
        fresh=sum(model.count("inputTokens") for model in models),
        cache_read=sum(model.count("cacheReadInputTokens") for model in models),
        cache_write=sum(model.count("cacheCreationInputTokens") for model in models),
        output=sum(model.count("outputTokens") for model in models),
        cost=result.number("total_cost_usd"),
    )


def _grown(before: Usage, now: Usage) -> Usage | None:
    """By what; None: it has not."""
    grown = Usage(
        fresh=now.fresh - before.fresh,
        cache_read=now.cache_read - before.cache_read,
        cache_write=now.cache_write - before.cache_write,
        output=now.output - before.output,
        cost=None if now.cost is None or before.cost is None else round(now.cost - before.cost, 9),
    )
    parts = (grown.fresh, grown.cache_read, grown.cache_write, grown.output, grown.cost or 0)
    return grown if min(parts) >= 0 else None
