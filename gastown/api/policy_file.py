"""A policy as a person writes it: TOML. Pure.

default = "ask"            # what no rule says: ask (a person), or deny
network = true             # whether a sandbox with walls has one
unasking = "refuse"        # agents that cannot ask: refuse; walled: they work without asking where walls hold them

[[rule]]                   # the first that matches decides
decide = "allow"           # allow, deny or ask
tool = "shell"             # shell, edit, read, fetch, other, or its vendor's own name for it
command = "git commit *"   # of shell: word by word
path = "src/*"             # of all others
title = "*"                # what its vendor calls it
roles = ["polecat"]        # of whose agents
"""

import re
import tomllib
from typing import Any, cast

import msgspec

from gastown.adapters.permissions.shell_words import understood
from gastown.errors import UsageError
from gastown.events.policy import Policy, Rule

MOST_RULES = 200
LONGEST = 200
"""Characters of a pattern."""
_PATTERNS = ("tool", "command", "path", "title")
_KEYS = ("default", "network", "unasking", "rule")
_HINT = "see what it may hold: gt policy set --help"
_GLOB = re.compile(r"[*?\[\]]")


def parse(text: str) -> Policy:
    """Raises UsageError with the line."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        last = text.rstrip().count("\n") + 1
        raise _wrong(str(error).replace("at end of document", f"at line {last}, the end")) from error
    for name in content:
        if name not in _KEYS:
            raise _wrong(f"there is no {name!r} in a policy (at line {_line_of(text, name)})")
    if not content:
        raise UsageError("the policy says nothing", 'the least that one says: default = "ask"')
    rules = content.pop("rule", [])
    if not isinstance(rules, list):
        raise _wrong(f"rules are written [[rule]], each (at line {_line_of(text, 'rule')})")
    given = cast("list[Any]", rules)
    if len(given) > MOST_RULES:
        raise UsageError(f"{len(given)} rules are too many", f"at most {MOST_RULES}: the first that matches decides")
    parsed = tuple(_rule(text, number, rule) for number, rule in enumerate(given))
    try:
        policy = msgspec.convert(content, Policy)
    except msgspec.ValidationError as error:
        name = next((name for name in content if f"$.{name}" in str(error)), "")
        raise _wrong(f"{error} (at line {_line_of(text, name)})") from error
    return msgspec.structs.replace(policy, rules=parsed)


def _wrong(what: str) -> UsageError:
    return UsageError(f"the policy cannot be read: {what}", _HINT)


def _rule(text: str, number: int, given: Any) -> Rule:
    try:
        rule = msgspec.convert(given, Rule)
    except msgspec.ValidationError as error:
        raise _wrong(f"{error} (rule {number + 1}, at line {_line_of_rule(text, number)})") from error
    wrong = _wrong_pattern(rule)
    if wrong:
        raise _wrong(f"{wrong} (rule {number + 1}, at line {_line_of_rule(text, number)})")
    return rule


def _wrong_pattern(rule: Rule) -> str:
    for name in _PATTERNS:
        pattern = getattr(rule, name)
        if len(pattern) > LONGEST or not (pattern.isprintable() and pattern == pattern.strip()):
            return f"{name} is one line of at most {LONGEST} characters"
    if rule.command and rule.path:
        return "a rule is about a command or about a path"
    line = understood(_GLOB.sub("x", rule.command)) if rule.command else None
    if rule.command and (line is None or len(line.commands) > 1 or line.writes):
        return f"no command would ever be {rule.command!r}: a rule is about one, in plain words and globs"
    return ""


def _line_of(text: str, name: str) -> int:
    found = re.search(rf"^\s*(?:\[+\s*)?{re.escape(name)}\b", text, re.MULTILINE) if name else None
    return text.count("\n", 0, found.end()) + 1 if found else 1


def _line_of_rule(text: str, number: int) -> int:
    found = list(re.finditer(r"^[ \t]*\[\[[ \t]*rule[ \t]*\]\]", text, re.MULTILINE))
    return text.count("\n", 0, found[number].start()) + 1 if number < len(found) else 1
