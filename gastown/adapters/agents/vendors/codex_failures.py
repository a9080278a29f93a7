"""What went wrong in a turn of Codex: by its own kinds (`codexErrorInfo`), a status, or its words.

The words are measured with codex 0.169.0; of its kinds, those in its published protocol.
"""

from collections.abc import Mapping

from gastown.adapters.agents.failures import of_status, of_words
from gastown.adapters.agents.said import Said
from gastown.events.turn import Failure, FailureKind

_KINDS: Mapping[str, FailureKind] = {
    "unauthorized": "auth",
    "usageLimitExceeded": "rate_limit",
    "serverOverloaded": "server",
    "internalServerError": "server",
    "httpConnectionFailed": "server",
    "responseStreamConnectionFailed": "server",
    "responseStreamDisconnected": "server",
    "responseTooManyFailedAttempts": "server",
    "badRequest": "input",
    "contextWindowExceeded": "input",
}


def failure_of(error: Said) -> Failure:
    """error: of a turn, or of a notification."""
    words, info = error.text("message"), error.at("codexErrorInfo")
    for _, detail in info.fields():
        status = detail.whole("httpStatusCode")
        if status is not None and status >= 400:
            return of_status(status, words)
    names = [info.text(), *(name for name, _ in info.fields())]
    kinds: list[FailureKind] = [_KINDS[name] for name in names if name in _KINDS]
    found = of_words(f"{words} {error.text('additionalDetails')}".strip(), otherwise=kinds[0] if kinds else "crash")
    if found.status is not None or not kinds:
        return found
    return Failure(kind=kinds[0], message=found.message, retry_after=found.retry_after)
