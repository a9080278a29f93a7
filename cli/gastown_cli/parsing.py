"""From the words of the shell to a verb's values."""

from __future__ import annotations

from gastown_cli.trouble import usage
from gastown_cli.verbs import Flag, Verb, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from gastown_cli.verbs import Values

TOWN = Flag(
    "--town", "the town meant: a path, the name it was installed under, or its name at the hub of this one", meta="TOWN"
)
JSON = Flag("--json", "answer in JSON", kind=None)
EVERYWHERE = (TOWN, JSON)
"""Understood before and after every verb."""


def split_leading(argv: Sequence[str]) -> tuple[list[str], list[str]]:
    """The flags that stand before the verb, and the rest."""
    rest = list(argv)
    leading: list[str] = []
    while rest and rest[0].startswith("--"):
        leading.append(rest.pop(0))
        if leading[-1] == "--town" and rest:
            leading.append(rest.pop(0))
    return leading, rest


def parse(verb: Verb, argv: Sequence[str]) -> Values:
    """Values by name, those of EVERYWHERE too. Raises CommandFailedError (usage)."""
    words, values = _collect(verb, argv)
    values.update(_by_place(verb, words))
    return values


def _collect(verb: Verb, argv: Sequence[str]) -> tuple[list[str], Values]:
    flags = {spelling: flag for flag in (*EVERYWHERE, *verb.flags) for spelling in flag.spellings}
    words: list[str] = []
    values: Values = {}
    rest = list(argv)
    while rest:
        text = rest.pop(0)
        if text == "--":
            words += rest
            break
        if not text.startswith("-") or text == "-":
            words.append(text)
            continue
        flag, given = _flag(verb, flags, text)
        _put(verb, values, flag, text, rest if given is None else [given, *rest])
        if flag.kind is not None and given is None:
            rest.pop(0)
    return words, values


def _flag(verb: Verb, flags: dict[str, Flag], text: str) -> tuple[Flag, str | None]:
    """The flag meant by `--name`, `--name=value`, `-n` or `-nvalue`, and the value if it stands in the same word."""
    if text in flags:
        return flags[text], None
    name, equals, value = text.partition("=")
    if text.startswith("--"):
        found = flags.get(name) if equals else None
    else:
        found, value = flags.get(text[:2]), text[2:]
    if found is None:
        raise _wrong(verb, f"has no flag {name}")
    if found.kind is None:
        raise _wrong(verb, f"{found.spellings[0]} takes no value")
    return found, value


def _put(verb: Verb, values: Values, flag: Flag, text: str, rest: list[str]) -> None:
    if flag.kind is None:
        values[flag.name] = True
        return
    if not rest:
        raise _wrong(verb, f"{text} needs a value ({flag.meta})")
    try:
        value = flag.kind(_decoded(verb, rest[0]))
    except ValueError as error:
        raise _wrong(verb, f"{flag.spellings[0]} {error}, not {rest[0]!r}") from error
    if flag.many:
        values.setdefault(flag.name, []).append(value)
    else:
        values[flag.name] = value


def _by_place(verb: Verb, words: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    rest = [_decoded(verb, word) for word in words]
    for word in verb.words:
        if word.needed and not rest:
            raise _wrong(verb, f"needs {word.title}")
        if word.many:
            values[word.name], rest = rest, []
        elif rest:
            values[word.name] = rest.pop(0)
    if rest:
        raise _wrong(verb, f"takes {_count(verb.words)}, and not {rest[0]!r} besides")
    return values


def _decoded(verb: Verb, text: str) -> str:
    """Text that came as bytes of another encoding cannot travel as JSON."""
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise _wrong(verb, f"{text!r} is not UTF-8") from error
    return text


def _count(words: list[Word]) -> str:
    return " ".join(word.title for word in words) or "no words"


def _wrong(verb: Verb, what: str) -> Exception:
    return usage(
        f"gt {verb.path}: {what}" if what.startswith("-") else f"gt {verb.path} {what}", f"gt {verb.path} --help"
    )
