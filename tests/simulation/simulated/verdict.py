"""What is said of one run."""

import msgspec


class Verdict(msgspec.Struct, kw_only=True):
    """digest: of the whole log. events: its messages. crossings: of all processes' borders. seconds: simulated."""

    seed: int
    broken: list[str]
    digest: str
    events: int
    crossings: int
    seconds: float
    landed: int
