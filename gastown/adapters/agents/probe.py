"""What a vendor's program shows of itself without a prompt: it is asked, and no model is. Pure."""

import re
from typing import Protocol, TypeAlias

import msgspec

from gastown.adapters.agents.port import Capability

COMMIT = "echo ok >> gt-check.txt && git add gt-check.txt && git commit -q -m 'gt agent check'"
"""What is tried in a throwaway worktree."""


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """version: as it calls itself, "" where it does not. wants: what it asks for before it takes a prompt, "" nothing.
    refused: what it said instead of taking a conversation, "" nothing.

    can, cannot: what it showed that it can do, and that it cannot; all else is not known without a turn.
    tool: what came of a command that it ran by its own means, None where it was not asked to: "" it went well.
    """

    version: str = ""
    wants: str = ""
    refused: str = ""
    can: frozenset[Capability] = frozenset()
    cannot: frozenset[Capability] = frozenset()
    tool: str | None = None


Answer: TypeAlias = tuple[bytes, ...] | Seen
"""The lines to be said next (none: it is to be heard on), or what was seen."""


class Probe(Protocol):
    """For one process. It never raises: a line that nobody understands is passed over."""

    def opening(self) -> tuple[bytes, ...]: ...

    def heard(self, line: bytes) -> Answer: ...


_ASKS: tuple[tuple[str, str], ...] = (
    ("that its folder is trusted", r"\btrust"),
    ("a login", r"log ?in|sign ?in|logged in|authenticat|unauthori[sz]ed|api.?key|device code|credential|\bauth\b"),
    ("an update", r"update (?:is )?(?:available|required|now)|new version|upgrade to|please update"),
    ("that its terms are accepted", r"terms of (?:service|use)|license agreement|accept the"),
    ("an answer", r"\[?y(?:es)?/n(?:o)?\]?\)?|press (?:any key|enter)|are you sure"),
    ("a terminal", r"not a (?:tty|terminal)|raw mode|requires? a terminal|no tty"),
)


def asked_for(words: str) -> str:
    """What a program asks for that says this, instead of doing what it was started for. "": nothing that is known."""
    return next((what for what, pattern in _ASKS if re.search(pattern, words, re.IGNORECASE)), "")


_VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+){1,3}(?:-[\w.]+)?)")


def version_in(words: str) -> str:
    """The first one named, "" where none is. Warnings come before it: see codex."""
    found = [match[1] for line in words.splitlines() if (match := _VERSION.search(line)) and "WARN" not in line]
    return found[0].rstrip(".") if found else ""


def older(version: str, than: str) -> bool:
    """By its numbers; what has none is not."""
    return bool(version and than) and _numbers(version) < _numbers(than)


def too_old(version: str, than: str) -> bool:
    """So much older that it is another program: by its first number that is not 0."""
    ours, measured = _numbers(version), _numbers(than)
    if not (ours and measured):
        return False
    if measured[0]:
        return ours[0] < measured[0]
    return ours[0] == 0 and len(ours) > 1 and len(measured) > 1 and ours[1] * 2 < measured[1]


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", version.partition("-")[0]))
