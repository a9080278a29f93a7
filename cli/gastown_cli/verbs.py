"""What a command is, as data: its words and flags are written down once, for the parser and for the help pages."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any, Protocol

    Values = dict[str, Any]
    Kind = Callable[[str], Any]

    class Run(Protocol):
        """Does it, and returns the exit code."""

        def __call__(self, call: Call) -> int: ...


class Word:
    """A word given by its place. many: one or more. names: what it is the name of, for completion."""

    def __init__(
        self, name: str, help: str, *, many: bool = False, needed: bool = True, names: str = "", meta: str = ""
    ) -> None:
        self.name = name
        self.meta = meta or name.upper()
        self.help = help
        self.many = many
        self.needed = needed
        self.names = names

    @property
    def title(self) -> str:
        """As help and errors write it: NAME, NAME..., [NAME]."""
        title = self.meta + ("..." if self.many else "")
        return title if self.needed else f"[{title}]"


class Flag:
    """A word given by name. kind: from text to value, raising ValueError; None for a switch, which takes no value.

    many: may be repeated, the value is a list. A flag that was not given has no value. name: of the value.
    """

    def __init__(
        self,
        long: str,
        help: str,
        *short: str,
        kind: Kind | None = str,
        many: bool = False,
        meta: str = "TEXT",
        name: str = "",
        names: str = "",
    ) -> None:
        self.name = name or long[2:].replace("-", "_")
        self.help = help
        self.spellings = (long, *short)
        self.kind = kind
        self.many = many
        self.meta = meta
        self.names = names


class Verb:
    """One command: `path` is its words ("bead create"). What answers as of any moment answers of all towns, too."""

    def __init__(self, path: str, help: str, run: Run, *parts: Word | Flag) -> None:
        self.path = path
        self.help = help
        self.run = run
        self.words = [part for part in parts if isinstance(part, Word)]
        self.flags = [part for part in parts if isinstance(part, Flag)]
        if AT in self.flags:
            self.flags.append(ALL_TOWNS if any("--all" in flag.spellings for flag in self.flags) else ALL)


class Call:
    """A verb as it was called. values: by the names of its words and flags, only those that were given.

    everywhere: of all towns.
    """

    def __init__(self, verb: Verb, values: Values, *, town: str, as_json: bool, environment: Mapping[str, str]) -> None:
        self.everywhere = bool(values.pop(ALL.name, False))
        self.verb = verb
        self.values = values
        self.town = town
        self.as_json = as_json
        self.environment = environment


def choice(*allowed: str) -> Kind:
    def one_of(text: str) -> str:
        if text not in allowed:
            msg = f"is one of: {', '.join(allowed)}"
            raise ValueError(msg)
        return text

    return one_of


def number(text: str) -> int:
    try:
        return int(text)
    except ValueError as error:
        msg = "is a whole number"
        raise ValueError(msg) from error


def priority(text: str) -> int:
    """0 to 4, also written P0 to P4."""
    digit = text[1:] if text[:1] in "pP" else text
    if digit not in ("0", "1", "2", "3", "4"):
        msg = "is 0 (most urgent) to 4"
        raise ValueError(msg)
    return int(digit)


def seconds(text: str) -> float:
    """ "90", "90s", "15m", "8h", "2d"."""
    unit = {"s": 1, "m": 60, "h": 3600, "d": 86400}.get(text[-1:])
    try:
        value = float(text[:-1]) * unit if unit else float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e10:
        msg = "is a time: seconds, or 15m, 8h, 2d"
        raise ValueError(msg)
    return value


def size(text: str) -> int:
    """Bytes: "512M", "20G", "1000000"."""
    unit = {"K": 1, "M": 2, "G": 3, "T": 4}.get(text[-1:].upper())
    digits = text[:-1] if unit else text
    if not digits.isdecimal():
        msg = "is a number of bytes: 512M, 20G"
        raise ValueError(msg)
    return int(digits) * 1024 ** (unit or 0)


def usd(text: str) -> float:
    """ "10", "2.50", "$2.50"."""
    try:
        value = float(text.removeprefix("$"))
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e9:
        msg = "is an amount of USD, 0 or more: 10, 2.50"
        raise ValueError(msg)
    return value


AT = Flag(
    "--at",
    "as it was then: a position of the log, 2026-11-22T14:05Z, 14:05, or 2h ago, as 2h (times are UTC)",
    meta="POSITION|TIME",
)
ALL = Flag("--all-towns", "of every town of the hub", "--all", kind=None)
ALL_TOWNS = Flag("--all-towns", "of every town of the hub", kind=None)
"""For verbs that have another --all."""
RIG = Flag("--rig", "only of this rig", meta="RIG", names="rig")
REASON = Flag("--reason", "why", "-r")
BEAD = Word("bead", "the bead's id", names="bead")
