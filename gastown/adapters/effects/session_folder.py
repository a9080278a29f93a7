"""What the host knows of one session, on disk in `sessions/<id>/`: how a later host finds out what happened here."""

from pathlib import Path
from typing import Any, TypeVar

import msgspec

from gastown.actors.commands.polecat import ReportAgentEnded
from gastown.adapters.agents.shell import OUTPUT
from gastown.adapters.files.port import Files
from gastown.adapters.git.port import Sandbox
from gastown.adapters.processes.program import TAIL
from gastown.events.ids import SessionId
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

_log = get_logger("gastown.host")

_BEGUN, _ENDED = "begun.json", "ended.json"

_T = TypeVar("_T")


class Begun(msgspec.Struct, frozen=True, kw_only=True):
    """The agent is about to be started in `sandbox`, or was. at: seconds since the epoch. run: see RunSession."""

    sandbox: Sandbox
    at: float
    run: int = 0


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """It is over. unsaved: its sandbox holds what could not be pinned, and must stay."""

    report: ReportAgentEnded
    unsaved: bool = False


class SessionFolder:
    """`begun.json`: an agent may have run. `ended.json`: how it ended, everything it left being pinned.

    One that is damaged says no more than that it was written: see `may_have_run`.
    """

    def __init__(self, files: Files, sessions: Path, session: SessionId) -> None:
        self._files = files
        self.path = sessions / session
        self.output = self.path / OUTPUT
        self.setup_log = self.path / "setup.log"

    def of(self, session: SessionId) -> "SessionFolder":
        """The folder of another session."""
        return SessionFolder(self._files, self.path.parent, session)

    def begun(self) -> Begun | None:
        return self._read(_BEGUN, Begun)

    def ended(self) -> Ended | None:
        return self._read(_ENDED, Ended)

    def may_have_run(self) -> bool:
        """Whether its agent was about to be started here, be it only that what was noted of that is damaged."""
        return not {_BEGUN, _ENDED}.isdisjoint(self._files.names(self.path))

    async def begin(self, begun: Begun) -> None:
        """On disk when it returns, also after a power cut."""
        await self._files.write_durably(self.path / _BEGUN, msgspec.json.encode(begun, enc_hook=str))

    async def end(self, ended: Ended) -> None:
        """On disk when it returns, also after a power cut."""
        await self._files.write_durably(self.path / _ENDED, msgspec.json.encode(ended))

    def tail(self, size: int = TAIL) -> str:
        """The last bytes of what the agent printed."""
        return self._files.tail(self.output, size)

    def is_there(self) -> bool:
        """Whether the session ever ran here."""
        return bool(self._files.names(self.path))

    def last_lines(self, count: int) -> str:
        """Of what the agent printed; "" when it has printed nothing."""
        lines = self.tail(200 * max(count, 1)).splitlines()
        return "\n".join(lines[-count:]) if count > 0 else ""

    def _read(self, name: str, kind: type[_T]) -> _T | None:
        try:
            return msgspec.json.decode(self._files.read(self.path / name), type=kind, dec_hook=_path)
        except FileNotFoundError:
            return None
        except (OSError, *NOT_JSON) as error:
            _log.error("session.unreadable", file=str(self.path / name), error=str(error))
            return None


def _path(kind: type[Any], value: Any) -> Any:
    """Paths are the only values in these files that JSON does not know."""
    return kind(value)
