"""What a policy says to something that is asked. Pure.

- tool: a glob on what kind of tool it is (shell, edit, read, fetch, other) or on its vendor's own name for it.
- command: of shell, the words of one command, each a glob; a last word `*` is any words, or none. Of a line of several
  commands each is judged by itself, and the strictest verdict counts: so is each file that output is sent to, as an
  edit of it.
- A line that is not understood (`shell_words.py`) is never allowed by any rule.
- path: a glob on the path, from the worktree on, or from the root for one outside; `*` goes over slashes, too.
- Of the town's own tools (`own.py`) a person is asked only where a rule names them: by a command that says how the line
  begins, by their own names as a tool, or by their title. What denies them does so, named or not.
- title: a glob on what the vendor calls it. A shell's line is not allowed by its title: that says nothing of the rest.
"""

from fnmatch import fnmatchcase
from pathlib import PurePath

import msgspec

from gastown.adapters.permissions.shell_words import Line
from gastown.events.policy import Decision, Policy, Role, Rule

_STRICTEST: tuple[Decision, ...] = ("deny", "ask", "allow")


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """kind: see above. name: of the tool, its vendor's. line: of shell, None where it is not understood.

    paths: that it is about, from the worktree on. own: it is one of the town's own tools.
    """

    kind: str
    name: str = ""
    title: str = ""
    line: Line | None = None
    paths: tuple[str, ...] = ()
    own: bool = False


class _Part(msgspec.Struct, frozen=True, kw_only=True):
    """Of what is asked: one command, one file, or all of it. dark: it may be anything."""

    tools: tuple[str, ...]
    title: str = ""
    words: tuple[str, ...] = ()
    path: str = ""
    dark: bool = False
    own: bool = False

    @property
    def plain(self) -> tuple[str, ...]:
        """Its words; the town's own command by its plain name, however it was called."""
        return (PurePath(self.words[0]).name, *self.words[1:]) if self.own and self.words else self.words


def judge(policy: Policy, role: Role, asked: Asked) -> Decision:
    verdicts = {_verdict(policy, role, part) for part in _parts(asked)}
    return next(verdict for verdict in _STRICTEST if verdict in verdicts)


def _parts(asked: Asked) -> list[_Part]:
    tools = (asked.kind, asked.name)
    if asked.kind == "shell":
        if asked.line is None:
            return [_Part(tools=tools, title=asked.title, dark=True)]
        commands = [_Part(tools=tools, title=asked.title, words=one, own=asked.own) for one in asked.line.commands]
        return [*commands, *(_Part(tools=("edit", "edit"), path=path) for path in asked.paths or asked.line.writes)]
    if asked.paths:
        return [_Part(tools=tools, title=asked.title, path=path) for path in asked.paths]
    return [_Part(tools=tools, title=asked.title, own=asked.own)]


def _verdict(policy: Policy, role: Role, part: _Part) -> Decision:
    for rule in policy.rules:
        if (not rule.roles or role in rule.roles) and _matches(rule, part):
            return "allow" if part.own and rule.decide == "ask" and not _names(rule, part) else rule.decide
    return "allow" if part.own and policy.default == "ask" else policy.default


def _names(rule: Rule, part: _Part) -> bool:
    """This very tool, rather than all of its kind."""
    if rule.title.strip("*"):
        return True
    if part.words:
        return bool(rule.command) and bool(rule.command.split()[0].strip("*"))
    kind, name = part.tools
    return _like(name, rule.tool) and not _like(kind, rule.tool)


def _matches(rule: Rule, part: _Part) -> bool:
    shell = part.dark or bool(part.words)
    if rule.decide == "allow" and (part.dark or (shell and rule.title)):
        return False
    return (
        (not rule.tool or any(_like(tool, rule.tool) for tool in part.tools))
        and (not rule.command or _commands(rule, part))
        and (not rule.path or (bool(part.path) and fnmatchcase(part.path, rule.path)))
        and (not rule.title or fnmatchcase(part.title, rule.title))
    )


def _commands(rule: Rule, part: _Part) -> bool:
    pattern = tuple(rule.command.split())
    return words_match(part.words, pattern) or words_match(part.plain, pattern)


def _like(name: str, pattern: str) -> bool:
    return fnmatchcase(name.lower(), pattern.lower())


def words_match(words: tuple[str, ...], pattern: tuple[str, ...]) -> bool:
    """Word by word."""
    if not words:
        return False
    rest = pattern[-1] == "*"
    fixed = pattern[:-1] if rest else pattern
    fits = len(words) >= len(fixed) if rest else len(words) == len(fixed)
    return fits and all(fnmatchcase(word, one) for word, one in zip(words, fixed, strict=False))
