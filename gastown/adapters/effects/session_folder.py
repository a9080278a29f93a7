"""What the host knows of one session, on disk in `sessions/<id>/`: how a later host finds out what happened here."""

import os
from pathlib import Path
from typing import Any, TypeVar

import anyio.to_thread
import msgspec

from gastown.actors.commands.polecat import ReportAgentEnded
from gastown.adapters.agents.shell import OUTPUT
from gastown.adapters.git.port import Sandbox
from gastown.adapters.processes.program import tail
from gastown.events.ids import SessionId

_T = TypeVar("_T")


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """The agent is about to be started in `sandbox`, or was. at: seconds since the epoch."""

    sandbox: Sandbox
    at: float


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """It is over. unsaved: its sandbox holds what could not be pinned, and must stay."""

    report: ReportAgentEnded
    unsaved: bool = False


class SessionFolder:
    """`begun.json`: an agent may have run. `ended.json`: how it ended, everything it left being pinned."""

    def __init__(self, sessions: Path, session: SessionId) -> None:
        self.path = sessions / session
        self.output = self.path / OUTPUT
        self.setup_log = self.path / "setup.log"

    def begun(self) -> Begun | None:
        return _read(self.path / "begun.json", Begun)

    def ended(self) -> Ended | None:
        return _read(self.path / "ended.json", Ended)

    async def begin(self, begun: Begun) -> None:
        """On disk when it returns, also after a power cut."""
        await anyio.to_thread.run_sync(_write, self.path / "begun.json", msgspec.json.encode(begun, enc_hook=str))

    async def end(self, ended: Ended) -> None:
        """On disk when it returns, also after a power cut."""
        await anyio.to_thread.run_sync(_write, self.path / "ended.json", msgspec.json.encode(ended))

    def last_lines(self, count: int) -> str:
        """Of what the agent printed; "" when it has printed nothing."""
        lines = tail(self.output, 200 * max(count, 1)).splitlines()
        return "\n".join(lines[-count:]) if count > 0 else ""


def _read(file: Path, kind: type[_T]) -> _T | None:
    try:
        return msgspec.json.decode(file.read_bytes(), type=kind, dec_hook=_path)
    except FileNotFoundError:
        return None


def _path(kind: type[Any], value: Any) -> Any:
    """Paths are the only values in these files that JSON does not know."""
    return kind(value)


def _write(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".new")
    with draft.open("wb") as out:
        out.write(content)
        out.flush()
        os.fsync(out.fileno())
    draft.replace(file)
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)  # the name too
    finally:
        os.close(folder)
