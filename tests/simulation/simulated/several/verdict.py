"""What is said of one run of several towns."""

import hashlib
from collections.abc import Iterable

import msgspec


class TownsVerdict(msgspec.Struct, kw_only=True):
    """digest: of all logs. events: in all of them. seconds: simulated.

    landed: beads, counted in every town that knows of them. brought: with the commits of an attempt elsewhere. letters:
    that crossed. adopted: towns.
    """

    seed: int
    broken: list[str]
    digest: str
    events: int
    seconds: float
    landed: int
    handed_over: int
    brought: int
    letters: int
    adopted: int


def digest(logs: Iterable[Iterable[bytes]]) -> str:
    made = hashlib.sha256()
    for log in logs:
        for payload in log:
            made.update(payload + b"\n")
        made.update(b"\n")
    return made.hexdigest()
