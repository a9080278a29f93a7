"""Programs that are timed from their start to their end."""

import os
from collections.abc import Mapping
from pathlib import Path

from gastown.adapters.processes.marks import MarkedProgram
from gastown.adapters.processes.program import Launch, tail
from gastown.bench.figure import NotMeasuredError
from gastown.clock import monotonic, new_id

IDENTITY = ("Gas Town", "bench@gastown.invalid")
MARK = "GT_MARK"


def plain_environment() -> dict[str, str]:
    """The user's own, without what says which town or session one is in."""
    return {name: value for name, value in os.environ.items() if not name.startswith(("GT_", "GIT_"))}


def git_environment() -> dict[str, str]:
    """The same, with a git that knows nothing of the user's configuration."""
    name, email = IDENTITY
    return plain_environment() | {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
    }


async def timed(argv: tuple[str, ...], folder: Path, environment: Mapping[str, str]) -> tuple[float, str]:
    """Seconds from the start of the program to its end, and what it printed. Raises NotMeasuredError when it fails."""
    mark = (MARK, f"bench-{new_id()}")
    output = folder / f"{mark[1]}.log"
    begin = monotonic()
    program = MarkedProgram(
        Launch(argv=argv, folder=folder, environment={**environment, **dict([mark])}, mark=mark, output=output)
    )
    try:
        await program.exited()
        seconds = monotonic() - begin
    finally:
        end = await program.end()
    if end.code != 0:
        how = f"exit {end.code}" if end.signal is None else f"signal {end.signal}"
        raise NotMeasuredError(f"{' '.join(argv[:3])} failed ({how}): {tail(output).strip()}")
    return seconds, tail(output)
