"""Why nobody answers where a town should be."""

from __future__ import annotations

import re
from pathlib import Path

from gastown import config
from gastown.errors import GastownError
from gastown_cli.trouble import CommandFailedError

_ERROR = re.compile(r"^[\s|]*gastown\.\S+Error: (.+)$", re.MULTILINE)


def why_not_up(town: config.TownConfig, failure: CommandFailedError) -> CommandFailedError:
    """The town was started and does not answer: what it says of that itself is in its log."""
    log = town.logs / "town.log"
    if failure.code != "unreachable" or not log.exists():
        return failure
    said = _ERROR.findall(log.read_text(errors="replace")[-20_000:])
    reason = f": {said[-1]}" if said else ""
    return CommandFailedError(failure.code, f"{failure.message}{reason}", f"mend it (see {log}), then: gt down, gt up")


def why_silent(path: str) -> CommandFailedError:
    """No town there, a town that cannot start, or one that is not running."""
    try:
        config.load(Path(path))
    except GastownError as error:
        return CommandFailedError(error.code, error.message, error.hint)
    return CommandFailedError("unreachable", f"the town {path} is not running", "gt up")
