"""What an error means that an agent told in ACP, or in words. Pure."""

import re
from collections.abc import Iterator
from typing import Any, cast

from gastown.events.turn import Failure, FailureKind

AUTH_REQUIRED = -32000
INVALID_PARAMS = -32602
MESSAGE_LIMIT = 2000
"""Characters of an error that are worth keeping."""

_STATUS_KEYS = ("status", "statusCode", "status_code", "httpStatus", "code")
_DELAY_KEYS = ("retryAfter", "retry_after", "retry-after", "retryAfterSeconds")
_STATUS_WORDS = re.compile(r"\b(40[0-9]|413|422|429|5[0-3][0-9])\b")
_DELAY_WORDS = re.compile(r"retry[ -]after:?\s*(\d+(?:\.\d+)?)", re.IGNORECASE)
_WORDS: tuple[tuple[FailureKind, re.Pattern[str]], ...] = (
    ("rate_limit", re.compile(r"rate.?limit|too many requests|quota|resource.?exhausted", re.IGNORECASE)),
    ("auth", re.compile(r"\bauth|log ?in|logged in|api.?key|credential|unauthorized", re.IGNORECASE)),
    ("server", re.compile(r"overloaded|unavailable|ECONNREFUSED|ECONNRESET|fetch failed|timed? ?out", re.IGNORECASE)),
)
_DEPTH = 4


def told_failure(error: Any) -> Failure:
    """Of a JSON-RPC error. gemini gives the HTTP status as the code; others put it into the data, or into words."""
    fields = cast("dict[str, Any]", error) if isinstance(error, dict) else {"message": str(error)}
    words = _words(fields)
    status = next(_numbers(fields, _STATUS_KEYS), None)
    status = int(status) if status is not None and 400 <= status <= 599 else _status_in(words)
    delay = next(_numbers(fields, _DELAY_KEYS), None) or _delay_in(words)
    code = fields.get("code")
    if code == AUTH_REQUIRED:
        kind: FailureKind = "auth"
    elif status is None and code == INVALID_PARAMS:
        kind = "input"
    else:
        kind = _kind(status, words)
    return Failure(kind=kind, message=words[:MESSAGE_LIMIT], status=status, retry_after=delay)


def worded_failure(words: str) -> Failure:
    """Of what a program said in plain words; a crash if they say nothing."""
    status = _status_in(words)
    kind = _kind(status, words)
    return Failure(kind=kind, message=words[:MESSAGE_LIMIT], status=status, retry_after=_delay_in(words))


def _kind(status: int | None, words: str) -> FailureKind:
    if status is not None:
        if status in (401, 403):
            return "auth"
        if status == 429:
            return "rate_limit"
        return "server" if status >= 500 or status == 408 else "input"
    for kind, pattern in _WORDS:
        if pattern.search(words):
            return kind
    return "crash"


def _words(fields: dict[str, Any]) -> str:
    message, data = fields.get("message"), fields.get("data")
    details = cast("dict[str, Any]", data).get("details") if isinstance(data, dict) else data
    parts = [part for part in (message, details) if isinstance(part, str) and part]
    return ": ".join(parts) or "an error without words"


def _numbers(told: Any, keys: tuple[str, ...], depth: int = _DEPTH) -> Iterator[float]:
    if not isinstance(told, dict) or depth == 0:
        return
    fields = cast("dict[str, Any]", told)
    for key in keys:
        value = fields.get(key)
        if isinstance(value, int | float) and not isinstance(value, bool) and value > 0:
            yield float(value)
    for value in fields.values():
        yield from _numbers(value, keys, depth - 1)


def _status_in(words: str) -> int | None:
    found = _STATUS_WORDS.search(words)
    return int(found[1]) if found else None


def _delay_in(words: str) -> float | None:
    found = _DELAY_WORDS.search(words)
    return float(found[1]) if found else None
