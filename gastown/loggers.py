"""structlog, loaded without rich, with which it would draw tracebacks: ours are JSON (`bus/logs.py`).

It would take half of the time that a program of ours takes to start; rich is there because typer needs it.
"""

from typing import Any

from gastown.unneeded import hidden

with hidden("rich"):
    import structlog as structlog
    from structlog.typing import EventDict as EventDict
    from structlog.typing import Processor as Processor
    from structlog.typing import WrappedLogger as WrappedLogger


def get_logger(name: str = "gastown") -> Any:
    """Of structlog; see `setup_logs`."""
    return structlog.get_logger(name)  # noqa: TID251  the one place
