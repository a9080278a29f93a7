"""From argv to a verb, and from what it ends with to an exit code.

Help and completion are pages that typer makes of the same verbs; only they pay for importing it.
"""

from __future__ import annotations

import os
import sys

from gastown_cli.families import FAMILIES
from gastown_cli.later import module
from gastown_cli.output import Page, clean_text
from gastown_cli.parsing import EVERYWHERE, parse, split_leading
from gastown_cli.quick_json import dump
from gastown_cli.trouble import CommandFailedError, usage
from gastown_cli.verbs import Call, Verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

_HELP = ("--help", "-h", "--version", "--install-completion", "--show-completion")


def main() -> int:
    """The console script."""
    argv = sys.argv[1:]
    _speak_utf_8(sys.stdout)
    _speak_utf_8(sys.stderr)
    try:
        return _quietly(argv)
    except CommandFailedError as failure:
        _complain(failure, as_json="--json" in _before_dashes(argv))
        return failure.exit


def _speak_utf_8(stream: Any) -> None:
    """Whatever the locale: it is what JSON is in."""
    stream.reconfigure(encoding="utf-8", errors="backslashreplace")


def _quietly(argv: Sequence[str]) -> int:
    try:
        wants_page = "_GT_COMPLETE" in os.environ or _wants_help(argv)
        code = module("pages").show(argv) if wants_page else run(argv)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `gt ready | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at its end
        return 141
    return code


def run(argv: Sequence[str]) -> int:
    """Do what `argv` says. Raises CommandFailedError."""
    leading, words = split_leading(argv)
    verb, rest = find_verb(words)
    values = parse(verb, [*leading, *rest])
    common = {flag.name: values.pop(flag.name, None) for flag in EVERYWHERE}
    call = Call(verb, values, town=common["town"] or "", as_json=bool(common["json"]), environment=os.environ)
    return verb.run(call)


def find_verb(words: Sequence[str]) -> tuple[Verb, Sequence[str]]:
    """The verb these words begin with, and the words after it. Raises CommandFailedError (usage)."""
    if not words:
        raise usage("gt needs a command", "gt --help")
    family = FAMILIES.get(words[0])
    if family is None:
        raise usage(f"gt has no command {words[0]!r}", "gt --help")
    for verb in module(family).VERBS:
        path = verb.path.split()
        if list(words[: len(path)]) == path:
            return verb, words[len(path) :]
    known = [verb.path.split()[1] for verb in module(family).VERBS if verb.path.startswith(f"{words[0]} ")]
    said = f"gt {words[0]} has no command {words[1]!r}" if len(words) > 1 else f"gt {words[0]} needs a command"
    raise usage(f"{said}: {', '.join(known)}", f"gt {words[0]} --help")


def _before_dashes(argv: Sequence[str]) -> Sequence[str]:
    return argv[: argv.index("--")] if "--" in argv else argv


def _wants_help(argv: Sequence[str]) -> bool:
    return any(word.partition("=")[0] in _HELP for word in _before_dashes(argv)) or not argv


def _complain(failure: CommandFailedError, *, as_json: bool) -> None:
    if as_json:
        error = {"code": failure.code, "message": failure.message, "hint": failure.hint}
        sys.stderr.write(dump({"schema": 1, "error": error}) + "\n")
        return
    page = Page.on(sys.stderr)
    page.line(f"{page.style('gt:', 'red')} {clean_text(failure.message)}")
    if failure.hint:
        page.line(f"    {page.style(clean_text(failure.hint), 'dim')}")


if __name__ == "__main__":
    sys.exit(main())
