"""Are the programs there that a town needs, in versions that will do?"""

import os
import tempfile
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

from gastown.adapters.git.port import GitFailedError
from gastown.adapters.git.program import GitProgram
from gastown.adapters.processes.marks import Marks
from gastown.adapters.processes.program import Launch, StartFailedError, run
from gastown.bus.server import server_program
from gastown.clock import new_id
from gastown.config import TownConfig
from gastown.doctor.finding import Finding
from gastown.errors import UnreachableError

_PATIENCE = 10.0  # seconds


async def git() -> Finding:
    try:
        found = await GitProgram().check_version()
    except GitFailedError as error:
        return Finding(check="git", ok=False, detail=error.message, mend=error.hint or "see that git runs")
    return Finding(check="git", ok=True, detail=found)


async def nats_server(town: TownConfig) -> Finding:
    """Not needed by a town whose log lies on a server of the user's own."""
    url = os.environ.get("GT_NATS_URL") or town.nats_url
    if url:
        return Finding(check="nats-server", ok=True, detail=f"a server of your own: {url.rpartition('@')[2]}")
    try:
        program = server_program()
    except UnreachableError as error:
        return Finding(check="nats-server", ok=False, detail=error.message, mend=error.hint)
    found = await said((str(program), "--version"))
    mend = "" if found else "install gastown again, or set GT_NATS_SERVER to a nats-server (2.12 or later)"
    return Finding(check="nats-server", ok=bool(found), detail=found or f"{program} does not run", mend=mend)


def gastown() -> Finding:
    return Finding(check="gastown", ok=True, detail=metadata.version("gastown"))


async def said(argv: Sequence[str]) -> str:
    """The first line it prints; "" when it fails."""
    with tempfile.TemporaryDirectory() as folder:
        output = Path(folder) / "output"
        mark = ("GASTOWN_DOCTOR", new_id())
        launch = Launch(
            argv=tuple(argv),
            folder=Path(folder),
            environment={"PATH": os.environ.get("PATH", os.defpath), **dict([mark])},
            mark=mark,
            output=output,
        )
        try:
            ending = await run(Marks(), launch, seconds=_PATIENCE)
        except StartFailedError:
            return ""
        lines = output.read_text(errors="replace").splitlines()
    return lines[0] if ending.exit.code == 0 and lines else ""
