"""What the town would only log, as it goes on after it: in a simulated run, an error that nobody expected is a bug."""

import logging
import sys
import traceback
from typing import Any

import structlog

found: list[str] = []
"""Since they were last taken, in words."""


def _note(logger: Any, name: str, event: dict[str, Any]) -> dict[str, Any]:
    """A processor of structlog. It says nothing on."""
    error = sys.exc_info()[1]
    if event.get("exc_info") and isinstance(error, Exception):
        told = {key: value for key, value in event.items() if key not in ("event", "exc_info")}
        found.append(f"{event['event']} {told}: {_words(error)}")
    raise structlog.DropEvent


def _words(error: Exception) -> str:
    """The innermost first: what went wrong, and where."""
    while isinstance(error, ExceptionGroup) and isinstance(error.exceptions[0], Exception):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {error}\n" + "".join(traceback.format_tb(error.__traceback__)[-4:])


def watch() -> None:
    """From now on they are noted, and the town's own log is not wanted."""
    structlog.configure(processors=[_note], wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))


def take() -> list[str]:
    """All that were noted, once."""
    taken = list(found)
    found.clear()
    return taken
