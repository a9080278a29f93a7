"""What an error means that an agent told in ACP. Pure."""

import re

import msgspec

from gastown.adapters.agents.failures import MOST_WORDS, of_status, of_words
from gastown.adapters.agents.said import Said
from gastown.events.turn import Failure, FailureKind

AUTH_REQUIRED = -32000
INVALID_PARAMS = -32602

_STATUS = ("code", "status", "statusCode", "status_code", "httpStatus", "http_status_code")
_DELAY = ("retryAfter", "retry_after", "retry-after", "retryAfterSeconds")
_DEPTH = 4
_STATUS_WORDS = re.compile(r"(?:\bHTTP |\berror:? |\bstatus:? |^)([45]\d\d)\b", re.IGNORECASE)
"""qwen: "401 Incorrect API key"; copilot: "Last error: 429 Rate limit reached", "(HTTP 401)"; codex-acp: "unexpected
status 529" (measured)."""


def told_failure(error: object) -> Failure:
    """Of a JSON-RPC error. Some give the HTTP status as its code; others put it into the data, or into words."""
    said = Said(error)
    message = said.text("message")
    details = said.text("data", "details") or said.text("data", "message") or said.text("data")
    words = ": ".join(part for part in (message, details) if part) or "an error without words"
    code, delay = said.whole("code"), _number(said, _DELAY, least=0, most=86400)
    if code == AUTH_REQUIRED:
        return Failure(kind="auth", message=words[:MOST_WORDS])
    status = _number(said, _STATUS, least=400, most=599)
    failure = worded_failure(details or words, otherwise="input" if code == INVALID_PARAMS else "crash")
    failure = msgspec.structs.replace(failure, message=words[:MOST_WORDS])
    if status is not None:
        failure = of_status(int(status), words, retry_after=failure.retry_after)
    return failure if delay is None else msgspec.structs.replace(failure, retry_after=delay)


def worded_failure(words: str, *, otherwise: FailureKind = "crash") -> Failure:
    """Of what an agent says in words."""
    failure, status = of_words(words, otherwise=otherwise), _STATUS_WORDS.search(words)
    if failure.status is not None or status is None:
        return failure
    return of_status(int(status[1]), words, retry_after=failure.retry_after)


def _number(said: Said, names: tuple[str, ...], *, least: float, most: float, depth: int = _DEPTH) -> float | None:
    """The first under one of these names that is within these bounds, on this level or below."""
    for name in names:
        number = said.number(name)
        if number is not None and least <= number <= most:
            return number
    if depth == 0:
        return None
    found = (_number(inner, names, least=least, most=most, depth=depth - 1) for _, inner in said.fields())
    return next((number for number in found if number is not None), None)
