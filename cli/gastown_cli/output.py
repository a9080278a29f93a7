"""What a person sees: lines and aligned tables, in colour where a terminal wants it.

Text that workers wrote never reaches the terminal raw: control characters could rewrite what is on the screen.
"""

from __future__ import annotations

import os
import unicodedata

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any, TextIO, cast
else:

    def cast(_: object, value: object) -> object:
        """`typing` takes longer to import than a call takes."""
        return value


_STYLES = {
    "bold": "1",
    "dim": "2",
    "red": "31",
    "green": "32",
    "yellow": "33",
    "blue": "34",
    "magenta": "35",
    "cyan": "36",
}
STATES = {
    "open": "",
    "slung": "yellow",
    "running": "cyan",
    "submitted": "blue",
    "offered": "yellow",
    "away": "cyan",
    "landed": "green",
    "closed": "green",
    "parked": "magenta",
    "done": "green",
    "blocked": "red",
    "escalated": "red",
    "paused": "red",
    "stopped": "red",
    "full": "red",
    "frozen": "blue",
    "idle": "dim",
    "up": "green",
    "active": "green",
    "starting": "yellow",
    "working": "cyan",
    "stopping": "yellow",
    "interrupted": "yellow",
    "waiting": "yellow",
    "queued": "yellow",
    "proven": "cyan",
    "landing": "cyan",
    "held": "magenta",
    "proposed": "magenta",
    "broke": "red",
    "refused": "red",
    "red": "red",
    "conflicted": "red",
    "withdrawn": "dim",
}
"""The colour of each state."""

_HIDDEN = (
    *range(0x20),
    *range(0x7F, 0xA0),
    0x061C,
    0x200B,
    0x200E,
    0x200F,
    *range(0x2028, 0x202F),
    *range(0x2060, 0x2070),
    0xFEFF,
    *range(0xE0000, 0xE0080),
)
"""What moves the cursor, turns words round, or is not seen at all."""
_IN_LINE = dict.fromkeys(_HIDDEN, "\N{REPLACEMENT CHARACTER}") | {0x09: " ", 0x0A: " ", 0x0D: " "}
_IN_TEXT = {key: value for key, value in _IN_LINE.items() if key not in (0x09, 0x0A)} | {0x0D: ""}


def clean(text: str) -> str:
    """Fit to stand in a line."""
    return text if text.isascii() and text.isprintable() else text.translate(_IN_LINE)


def clean_text(text: str) -> str:
    """Fit to be printed, lines and tabs kept."""
    return text.translate(_IN_TEXT)


def shown(data: Any) -> Any:
    """An answer, with every text in it fit to be printed: no page can forget one."""
    if isinstance(data, str):
        return clean_text(data)
    if isinstance(data, dict):
        return {clean_text(str(name)): shown(value) for name, value in cast("dict[Any, Any]", data).items()}
    return [shown(one) for one in cast("list[Any]", data)] if isinstance(data, list) else data


def width_of(text: str) -> int:
    """Columns on the screen."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def cut(text: str, width: int) -> str:
    """At most `width` columns, with an ellipsis where something is missing."""
    if width_of(text) <= width:
        return text
    used = 0
    for index, char in enumerate(text):
        used += width_of(char)
        if used > width - 1:
            return text[:index].rstrip() + "…"
    return text


class Cell:
    """One field of a table. right: aligned to the right, as numbers are."""

    __slots__ = ("right", "style", "text")

    def __init__(self, text: object, style: str = "", *, right: bool = False) -> None:
        self.text = clean("" if text is None else str(text))
        self.style = style
        self.right = right


def state(name: str) -> Cell:
    return Cell(name, STATES.get(name, ""))


class Page:
    """Where a command writes to. width: columns to fit into; 0, as into a file or a pipe: as wide as it comes."""

    def __init__(self, out: TextIO, *, color: bool, width: int) -> None:
        self._out = out
        self.color = color
        self.width = width

    @classmethod
    def on(cls, out: TextIO) -> Page:
        """Of this stream, as it and the environment want it."""
        terminal = out.isatty()
        color = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return cls(out, color=color, width=_terminal_width(out) if terminal else 0)

    def style(self, text: str, style: str) -> str:
        return f"\x1b[{_STYLES[style]}m{text}\x1b[0m" if style and text and self.color else text

    def line(self, text: str = "", style: str = "") -> None:
        self._out.write(self.style(text, style) + "\n")

    def head(self, text: str, note: str = "") -> None:
        """A heading."""
        self.line(self.style(text, "bold") + (f"  {self.style(note, 'dim')}" if note else ""))

    def fit(self, text: str, used: int) -> str:
        """What of a text there is room for after `used` columns."""
        return cut(text, max(8, self.width - used)) if self.width else text

    def block(self, text: str, indent: str = "") -> None:
        """Lines as they are."""
        for line in clean_text(text).splitlines():
            self.line(indent + line)

    def verbatim(self, text: str) -> None:
        """To a file or a pipe exactly as it is, so that it can be used; to a terminal only what is safe there."""
        self._out.write(clean_text(text) if self.width else text)
        if text and not text.endswith("\n"):
            self._out.write("\n")

    def pairs(self, pairs: Iterable[tuple[str, object]], indent: str = "") -> None:
        """Names and values, one a line; those without value are left out."""
        known = [(name, Cell(value).text) for name, value in pairs if value not in (None, "", [], ())]
        longest = max((len(name) for name, _ in known), default=0)
        for name, value in known:
            self.line(f"{indent}{self.style(name.ljust(longest), 'dim')}  {value}")

    def table(self, titles: Sequence[str], rows: Sequence[Sequence[Cell | object]], indent: str = "") -> None:
        """Aligned; the last column is cut where the terminal ends."""
        cells = [[cell if isinstance(cell, Cell) else Cell(cell) for cell in row] for row in rows]
        widths = [
            max(len(title), *(width_of(row[place].text) for row in cells)) if cells else len(title)
            for place, title in enumerate(titles)
        ]
        right = [bool(cells) and cells[0][place].right for place in range(len(titles))]
        heads = [Cell(title, "dim", right=right[place]) for place, title in enumerate(titles)]
        for row in (heads, *cells):
            self.line(indent + self._row(row, widths, len(indent)))

    def _row(self, row: Sequence[Cell], widths: Sequence[int], indent: int) -> str:
        parts: list[str] = []
        used = indent
        for cell, width in zip(row[:-1], widths, strict=False):
            space = " " * (width - width_of(cell.text))
            text = self.style(cell.text, cell.style)
            parts.append(space + text if cell.right else text + space)
            used += width + 2
        last = row[-1]
        text = self.fit(last.text, used)
        space = " " * (widths[-1] - width_of(text)) if last.right else ""
        parts.append(space + self.style(text, last.style))
        return "  ".join(parts).rstrip()


def _terminal_width(out: TextIO) -> int:
    columns = os.environ.get("COLUMNS", "")
    if columns.isdigit() and int(columns):
        return int(columns)
    try:
        return os.get_terminal_size(out.fileno()).columns or 100
    except OSError:
        return 100


def duration(seconds: float) -> str:
    """As "40 ms", "0.4 s", "12 s", "3 m 05 s", "2 h 10 m"."""
    if seconds < 0.1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} m {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} m"


def day(time: str | None) -> str:
    """An RFC 3339 time as people read it: "2024-01-02 03:04 UTC"."""
    return f"{time[:10]} {time[11:16]} UTC" if time else ""


def size(bytes_: float) -> str:
    return f"{bytes_ / 1_000_000:.0f} MB"
