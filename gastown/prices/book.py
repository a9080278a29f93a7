"""The lists in force: the town's prices.toml, the last that could be read, before the one that comes with the program.

prices.toml is read again whenever it has changed. One that cannot be read changes nothing: the last good one, of which
a copy is kept, goes on, and the trouble is said.
"""

from importlib.resources import files
from pathlib import Path

from gastown import durable
from gastown.errors import UsageError
from gastown.loggers import get_logger
from gastown.prices.table import Table, parse

_log = get_logger("gastown.town")

FILE = "prices.toml"
_MOST = 1024 * 1024
"""Bytes of it that are read."""


def shipped() -> Table:
    """The list that comes with the program."""
    return parse((files("gastown.prices") / "shipped.toml").read_text(), "shipped")


class Book:
    """trouble: why the town's own list cannot be read, None while it can, or is not there."""

    def __init__(self, town: Path) -> None:
        """town: its folder."""
        self.file = town / FILE
        self.trouble: UsageError | None = None
        self._kept = town / "run" / "prices.good"
        self._own: Table | None = None
        self._shipped = shipped()
        self._seen: tuple[int, int, int] | None = (0, 0, 0)  # as no file looks

    def tables(self) -> tuple[Table, ...]:
        """Those in force, the first counts."""
        self._look()
        return (self._shipped,) if self._own is None else (self._own, self._shipped)

    def _look(self) -> None:
        looks = self._looks()
        if looks == self._seen:
            return
        self._seen, self.trouble = looks, None
        if looks is None:
            self._own = None
            return
        try:
            text = self._read()
            self._own = parse(text, FILE)
        except UsageError as error:
            self.trouble = error
            self._own = self._own or self._last_good()
            return
        self._keep(text)

    def _keep(self, text: str) -> None:
        """For a process that comes when the file is broken. Where it cannot be kept now, it is with the next change."""
        try:
            if not self._kept.exists() or self._kept.read_text() != text:
                durable.write(self._kept, text.encode())
        except OSError as error:
            _log.warning("the prices that were read could not be kept", file=str(self._kept), error=str(error))

    def _looks(self) -> tuple[int, int, int] | None:
        """None: it is not there."""
        try:
            facts = self.file.stat()
        except FileNotFoundError:
            return None
        except OSError:
            return (-1, -1, -1)
        return facts.st_mtime_ns, facts.st_size, facts.st_ino

    def _read(self) -> str:
        hint = f"mend {FILE}, or remove it"
        try:
            with self.file.open("rb") as file:
                content = file.read(_MOST + 1)
            if len(content) > _MOST:
                raise UsageError(f"{FILE}, line 1: it is larger than {_MOST} bytes", hint)
            return content.decode()
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{FILE}, line 1: it cannot be read: {error}", hint) from error

    def _last_good(self) -> Table | None:
        try:
            return parse(self._kept.read_text(), FILE)
        except (OSError, UsageError):
            return None
