"""`bd`, as workers know it from elsewhere: what they type is done by the town's own verbs.

It answers as that program does: with --json a bare list or object, and no envelope. What the town has no counterpart
for ends with the verb that comes next to it, and changes nothing.
"""

from __future__ import annotations

import os
import sys

from gastown_cli.asking import town_meant
from gastown_cli.bd_verbs import INSTEAD, NOTHING_TO_DO, VERBS
from gastown_cli.output import Page, clean_text
from gastown_cli.parsing import parse, split_leading
from gastown_cli.quick_json import dump
from gastown_cli.trouble import CommandFailedError, usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    from gastown_cli.bd_verbs import Bd

_QUIET = ("-q", "--quiet", "--no-daemon", "--no-auto-flush", "--no-auto-import", "--sandbox")
"""How that program is to go about it; nothing here goes differently."""


def main() -> int:
    """The script in the town's `bin`."""
    argv = [word for word in sys.argv[1:] if word not in _QUIET]
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="backslashreplace")  # pyright: ignore[reportAttributeAccessIssue, reportUnknownMemberType]
    try:
        code = run(argv)
        sys.stdout.flush()
    except CommandFailedError as failure:
        _complain(failure, as_json="--json" in argv)
        return failure.exit
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:  # `bd ready | head -1`
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # or the interpreter complains at its end
        return 141
    return code


def run(argv: Sequence[str]) -> int:
    """Do what `argv` says. Raises CommandFailedError."""
    leading, words = split_leading(argv)
    if not words or words[0] == "help" or {"-h", "--help"} & set(argv):
        return _help()
    if words[0] in NOTHING_TO_DO:
        sys.stdout.write("The town keeps all beads itself: there is nothing to be done.\n")
        return 0
    verb, rest = _verb(words)
    try:
        values = parse(verb, [*leading, *rest])
    except CommandFailedError as failure:
        said = failure.message.replace("gt ", "bd ", 1)
        raise CommandFailedError(failure.code, said, "what there is: bd help; all of it: gt bead --help") from failure
    town = town_meant(values.pop("town", None) or "", dict(os.environ))
    as_json = values.pop("json", False)
    return verb.answer(town, values, Page.on(sys.stdout), as_json=as_json)


def _verb(words: list[str]) -> tuple[Bd, list[str]]:
    """Raises CommandFailedError (usage)."""
    for length in (2, 1):
        found = VERBS.get(" ".join(words[:length]))
        if found is not None:
            return found, words[length:]
    instead = INSTEAD.get(words[0])
    if instead:
        raise usage(f"bd {words[0]} has no counterpart here", instead)
    raise usage(f"there is no bd {words[0]!r} here", "what there is: bd help; what else can be done: gt --help")


def _help() -> int:
    page = Page.on(sys.stdout)
    page.line("bd, on the beads of this town:")
    for verb in VERBS.values():
        flags = " ".join(f"[{flag.spellings[0]}{'' if flag.kind is None else f' {flag.meta}'}]" for flag in verb.flags)
        page.line(f"  bd {verb.path} {' '.join(word.title for word in verb.words)} {flags}".rstrip())
    page.line("all the town can do: gt --help")
    return 0


def _complain(failure: CommandFailedError, *, as_json: bool) -> None:
    if as_json:
        told: dict[str, Any] = {"error": failure.message, "code": failure.code, "hint": failure.hint}
        sys.stderr.write(dump(told) + "\n")
        return
    sys.stderr.write(f"bd: {clean_text(failure.message)}\n")
    if failure.hint:
        sys.stderr.write(f"    {clean_text(failure.hint)}\n")


if __name__ == "__main__":
    sys.exit(main())
