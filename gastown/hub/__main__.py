"""`python -m gastown.hub DIR`: the hub, until it is told to end. `gt hub up` starts it."""

import os
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio

from gastown import config
from gastown.adapters.processes import locks
from gastown.bus.logs import setup_logs
from gastown.errors import EXIT_CODES, GastownError
from gastown.hub import hub_process, place
from gastown.loggers import get_logger

_log = get_logger("gastown.hub")


def main(path: Path) -> int:
    """The exit code."""
    os.umask(config.PRIVATE)
    setup_logs("hub")
    code = 0
    try:
        hub = place.load(path)
        with locks.held(hub.run / "hub.lock", f"the hub {hub.path}"):
            anyio.run(hub_process.run, hub)
    except* GastownError as group:
        for error in _leaves(group):
            _log.error("the hub ends", error=error.message, hint=error.hint)
            code = EXIT_CODES[error.code]
    return code


def _leaves(group: BaseExceptionGroup[GastownError]) -> Iterator[GastownError]:
    for error in group.exceptions:
        if isinstance(error, BaseExceptionGroup):
            yield from _leaves(error)
        else:
            yield error


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
