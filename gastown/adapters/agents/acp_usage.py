"""The tokens and the cost of a turn, from what each vendor's ACP agent tells. Pure."""

from typing import Any, cast

from gastown.adapters.agents.acp_program import UsageTold
from gastown.events.turn import Usage

_FIELDS = ("inputTokens", "outputTokens", "cachedReadTokens", "cachedWriteTokens", "thoughtTokens", "totalTokens")


class UsageBook:
    """Keeps account over the turns of one process.

    goes_on: the conversation is older than the process, so that the first total that is told is not this turn's alone.
    """

    def __init__(self, told: UsageTold, *, goes_on: bool) -> None:
        self._told = told
        self._total: Usage | None = None if goes_on else Usage()
        self._cost: float | None = None if goes_on else 0.0
        self._cost_told: float | None = None
        self._turn: Usage | None = None

    def cost(self, total: float) -> None:
        """What the conversation has cost so far (ACP: "cumulative")."""
        self._cost_told = total

    def piece(self, meta: Any) -> None:
        """The `_meta` of a piece of text."""
        if self._told == "each_call":
            self._add(_usage(_dig(meta, "usage")))

    def answer(self, usage: Any, meta: Any) -> None:
        """What an answer to a prompt holds."""
        match self._told:
            case "turn":
                self._add(_usage(usage))
            case "last_call":
                self._turn = _usage(usage) or self._turn
            case "quota":
                self._add(_quota(_dig(meta, "quota", "token_count")))
            case "total":
                self._up_to(_usage(usage))
            case _:
                pass

    def close_turn(self) -> Usage | None:
        """Of the turn that ended: None if neither tokens nor cost were told."""
        cost = None
        if self._cost_told is not None:
            cost = None if self._cost is None else max(0.0, self._cost_told - self._cost)
            self._cost, self._cost_told = self._cost_told, None
        turn, self._turn = self._turn, None
        if turn is None:
            return None if cost is None else Usage(cost=cost)
        return turn + Usage(cost=cost)

    def _add(self, usage: Usage | None) -> None:
        if usage is not None:
            self._turn = usage if self._turn is None else self._turn + usage

    def _up_to(self, total: Usage | None) -> None:
        if total is None:
            return
        if self._total is not None:
            self._add(_less(total, self._total))
        self._total = total


def _usage(told: Any) -> Usage | None:
    """Some count cached tokens into the input, some do not: the total tells which (the one rule fits all measured)."""
    if not isinstance(told, dict):
        return None
    fields = cast("dict[str, Any]", told)
    given, output, read, write, thought, total = (_count(fields.get(name)) for name in _FIELDS)
    cached = read + write
    if thought and total in (given + output + thought, given + output + thought + cached):
        output += thought
    fresh = given if total >= given + output + cached else max(0, given - cached)
    return Usage(fresh=fresh, cache_read=read, cache_write=write, output=output)


def _quota(told: Any) -> Usage | None:
    if not isinstance(told, dict):
        return None
    fields = cast("dict[str, Any]", told)
    return Usage(fresh=_count(fields.get("input_tokens")), output=_count(fields.get("output_tokens")))


def _less(usage: Usage, other: Usage) -> Usage:
    return Usage(
        fresh=max(0, usage.fresh - other.fresh),
        cache_read=max(0, usage.cache_read - other.cache_read),
        cache_write=max(0, usage.cache_write - other.cache_write),
        output=max(0, usage.output - other.output),
    )


def _count(told: Any) -> int:
    return told if isinstance(told, int) and not isinstance(told, bool) and told > 0 else 0


def _dig(told: Any, *path: str) -> Any:
    for name in path:
        told = cast("dict[str, Any]", told).get(name) if isinstance(told, dict) else None
    return told
