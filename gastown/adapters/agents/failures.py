"""What went wrong at a vendor's API, from its status where it is told, else from its words."""

import re

from gastown.events.turn import Failure, FailureKind

_STATUS = re.compile(r"(?:status(?: code)?:? ?|API Error:? ?|\(|^|\"code\": ?)([45]\d\d)(?!\d)")
_AFTER = re.compile(
    r"(?:retry|try again)(?:ing)?[ -](?:after|in):? ?(\d+(?:\.\d+)?) ?(ms|m(?:in)?|s(?:ec)?)?", re.IGNORECASE
)
_SCALE = {"ms": 0.001, "m": 60.0, "min": 60.0}
_WORDS: tuple[tuple[FailureKind, str], ...] = (
    ("rate_limit", r"rate.?limit|too many requests|usage limit|quota|credit balance|out of credits"),
    ("auth", r"log ?in|unauthori[sz]ed|authenticat|api.?key|credential|forbidden|expired token"),
    ("server", r"overloaded|high demand|server.{0,7} error|connect|network|timed? ?out|stream|socket|fetch"),
    ("input", r"invalid.?request|bad request|context (?:length|window)|too long|not found|no .*session|no rollout"),
)
MOST_WORDS = 2000
"""Characters of a failure's message: whatever a program printed may be in it."""


def of_status(status: int, message: str, *, retry_after: float | None = None) -> Failure:
    """By an HTTP status of 400 or more."""
    return Failure(kind=_kind(status), message=message[:MOST_WORDS], status=status, retry_after=retry_after)


def of_words(message: str, *, otherwise: FailureKind = "crash") -> Failure:
    """By a status that is named in it, or else by what is."""
    after = _AFTER.search(message)
    delay = float(after[1]) * _SCALE.get((after[2] or "s").lower(), 1.0) if after else None
    status = _STATUS.search(message)
    if status:
        return of_status(int(status[1]), message, retry_after=delay)
    kinds: list[FailureKind] = [kind for kind, words in _WORDS if re.search(words, message, re.IGNORECASE)]
    return Failure(kind=kinds[0] if kinds else otherwise, message=message[:MOST_WORDS], retry_after=delay)


def _kind(status: int) -> FailureKind:
    if status in (401, 403):
        return "auth"
    if status in (402, 429):
        return "rate_limit"
    return "server" if status >= 500 or status in (408, 409, 425) else "input"
