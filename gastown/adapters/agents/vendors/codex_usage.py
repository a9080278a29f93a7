"""What Codex tells of the tokens it used: sums, the input's with the cached ones among them."""

from gastown.adapters.agents.said import Said
from gastown.events.turn import Usage


def usage(told: Said) -> Usage:
    cached, written = told.count("cachedInputTokens"), told.count("cacheWriteInputTokens")
    return Usage(
        fresh=max(0, told.count("inputTokens") - cached - written),
        cache_read=cached,
        cache_write=written,
        output=told.count("outputTokens"),
    )


def less(more: Usage, before: Usage) -> Usage:
    return Usage(
        fresh=max(0, more.fresh - before.fresh),
        cache_read=max(0, more.cache_read - before.cache_read),
        cache_write=max(0, more.cache_write - before.cache_write),
        output=max(0, more.output - before.output),
    )
