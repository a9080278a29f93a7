"""What is said of one run."""

import msgspec


class Verdict(msgspec.Struct, kw_only=True):
    """digest: of the whole log. events: its messages. seconds: simulated.

    worked: seconds of all sessions, from the start of each to its end, simulated.
    kills: sessions that the town ended; false_kills: those of them that it had no reason for.
    turns: that agents have ended; told: messages that they have.
    crossings: of all processes' borders; story: those of them while anything was left to do.
    """

    seed: int
    broken: list[str]
    digest: str
    events: int
    crossings: int
    seconds: float
    landed: int
    story: int
    sessions: int
    turns: int
    told: int
    worked: float
    kills: int
    false_kills: int
