"""What was asked and what it cost, by key and model: what an account's bill would say."""

import msgspec

from model_api.script import NO_TOKENS, Tokens


class Count(msgspec.Struct):
    """answered: with an answer that was sent whole, whose tokens count. refused: with an error status.

    broken: cut, given up by the asker, or never answered; their tokens are not counted.
    """

    requests: int = 0
    answered: int = 0
    refused: int = 0
    broken: int = 0
    tokens: Tokens = NO_TOKENS


class Meter:
    """Counts since the start, or the last `reset`."""

    def __init__(self) -> None:
        self.counts: dict[tuple[str, str], Count] = {}

    def of(self, key: str, model: str) -> Count:
        return self.counts.setdefault((key, model), Count())

    def total(self, *, key: str = "", model: str = "") -> Count:
        """Of one key, one model, or everything."""
        total = Count()
        for (its_key, its_model), one in list(self.counts.items()):
            if key in ("", its_key) and model in ("", its_model):
                total.requests += one.requests
                total.answered += one.answered
                total.refused += one.refused
                total.broken += one.broken
                total.tokens += one.tokens
        return total

    def reset(self) -> None:
        self.counts.clear()
