"""The town's own tools, by which a worker speaks to it: they do what its session may, and the town sees to that. Pure.

So no person is asked about them, unless a rule names them. What else `gt` can do, as making files or speaking to other
towns, is not of them.
"""

from collections.abc import Sequence
from pathlib import Path

from gastown.adapters.permissions.shell_words import Line

_VERBS = frozenset(
    (
        *("hook", "prime", "done", "handoff", "nudge", "escalate", "ready", "status", "agents", "peek", "log", "diff"),
        *("asks", "escalations", "help"),
        *("bead create", "bead show", "bead list", "bead update", "bead close"),
        *("mail send", "mail inbox", "mail read", "mail reply", "mail check"),
        *("mq list", "mq show", "convoy list", "convoy show"),
    )
)
"""Of `gt`: with any flags but --town. All that `bd` does is done by such verbs."""
TOOLS = frozenset(
    (
        *("hook", "prime", "done", "handoff", "ready", "bead_show", "bead_create", "bead_update", "bead_close"),
        *("mail_send", "mail_inbox", "mail_read", "mail_reply", "nudge", "escalate"),
    )
)
"""What `gt mcp` offers."""
_PREFIXES = ("mcp__gastown__", "mcp_gastown_", "gastown_")
"""claude, codex and qwen; gemini; opencode (measured)."""


def is_own_tool(name: str) -> bool:
    """name: as its vendor tells it, of a tool that is no shell."""
    return any(name.startswith(prefix) and name.removeprefix(prefix) in TOOLS for prefix in _PREFIXES)


def is_own_line(line: Line | None, town: Path) -> bool:
    """One command, by its plain name or the town's path of it, whose output goes into no file."""
    if line is None or len(line.commands) != 1 or line.writes:
        return False
    program, *words = line.commands[0]
    if any(word.startswith("--town") for word in words):
        return False
    if program in ("bd", str(town / "bin" / "bd")):
        return True
    return program in ("gt", str(town / "bin" / "gt")) and _is_verb(words)


def _is_verb(words: Sequence[str]) -> bool:
    return any(" ".join(words[:count]) in _VERBS for count in (1, 2))
