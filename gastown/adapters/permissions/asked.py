"""From an agent's words to what it asks leave for. They differ from vendor to vendor (measured)."""

import os
from pathlib import Path
from typing import Any, cast

import msgspec

from gastown.adapters.agents.told import PermissionAsked
from gastown.adapters.permissions.own import is_own_line, is_own_tool
from gastown.adapters.permissions.rules import Asked
from gastown.adapters.permissions.shell_words import Line, understood, understood_words

_KINDS: dict[str, tuple[str, ...]] = {
    "shell": ("shell", "bash", "execute", "exec", "terminal", "command", "run_shell_command", "run_terminal_cmd"),
    "edit": (
        *("edit", "write", "multiedit", "notebookedit", "delete", "move", "create", "patch", "apply_patch"),
        *("replace", "write_file", "edit_file"),
    ),
    "read": ("read", "glob", "grep", "ls", "search", "read_file", "read_many_files", "list_directory"),
    "fetch": ("fetch", "webfetch", "web_fetch", "websearch", "web_search"),
}
_KIND_OF = {name: kind for kind, names in _KINDS.items() for name in names}
_COMMANDS = ("command", "cmd", "commands")
_PATHS = ("file_path", "filePath", "filepath", "path", "abs_path", "absolute_path", "notebook_path", "paths", "files")
CUT = "cut"
"""So a driver says that it has left something out (`acp_permissions.py`)."""
_MOST_TITLE = 2000
"""Characters: a longer title may have been cut off, and then says nothing of the command."""
_MOST_PATH = 1000
"""The same, of a path."""


def asked_of(event: PermissionAsked, worktree: Path, town: Path) -> Asked:
    """Whatever names a command is a shell's, whatever it calls itself. town: its folder."""
    given = _object(event.detail)
    kind = _KIND_OF.get(event.tool.lower(), "other")
    if kind == "shell" or any(name in given for name in _COMMANDS):
        line = None if given.get(CUT) else _line(given, event.title)
        folder = worktree / str(given.get("cwd") or "")
        writes = tuple(_from(worktree, str(folder / path)) for path in line.writes) if line else ()
        own = is_own_line(line, town)
        return Asked(kind="shell", name=event.tool, title=event.title, line=line, paths=writes, own=own)
    paths = tuple(_from(worktree, path) for path in _paths(given))
    own = kind == "other" and not paths and is_own_tool(event.tool)
    return Asked(kind=kind, name=event.tool, title=event.title, paths=paths, own=own)


def _object(detail: str) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(detail)
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return {}
    return cast("dict[str, Any]", told) if isinstance(told, dict) else {}


def _line(given: dict[str, Any], title: str) -> Line | None:
    """gemini tells its command as the title alone."""
    told = [given[name] for name in _COMMANDS if name in given]
    if not told:
        return understood(title) if len(title) < _MOST_TITLE else None
    lines = [_line_of(name, given[name]) for name in _COMMANDS if name in given]
    known = [line for line in lines if line is not None]
    if len(known) < len(lines):
        return None
    return Line(
        tuple(command for line in known for command in line.commands),
        tuple(path for line in known for path in line.writes),
    )


def _line_of(name: str, told: Any) -> Line | None:
    if isinstance(told, str):
        return understood(told)
    if not isinstance(told, list) or not told:
        return None
    words = cast("list[Any]", told)
    if not all(isinstance(word, str) for word in words):
        return None
    # codex-acp: "command" is the words of one; copilot: "commands" are several.
    return understood("\n".join(words)) if name == "commands" else understood_words(words)


def _paths(given: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for name in _PATHS:
        value = given.get(name)
        several = cast("list[Any]", value) if isinstance(value, list) else [value]
        found += [one for one in several if isinstance(one, str) and one]
    return found


def _from(worktree: Path, path: str) -> str:
    """From the worktree on, where it leads into that, links followed; "", which nothing matches, for no path."""
    if len(path) >= _MOST_PATH or "\0" in path:
        return ""
    place, top = os.path.realpath(worktree / path), os.path.realpath(worktree)
    return os.path.relpath(place, top) if place == top or place.startswith(f"{top}/") else place
