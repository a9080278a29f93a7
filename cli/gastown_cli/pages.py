"""Help pages and shell completion, made by typer of the same verbs that the parser reads."""

from __future__ import annotations

import os
import sys
from importlib.metadata import version
from inspect import Parameter, Signature
from typing import TYPE_CHECKING, Annotated, Any

import typer

from gastown_cli.asking import town_meant
from gastown_cli.families import FAMILIES
from gastown_cli.later import module
from gastown_cli.main import run
from gastown_cli.parsing import EVERYWHERE
from gastown_cli.trouble import CommandFailedError
from gastown_cli.verbs import Flag, Verb, Word

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_GROUPS = {
    "bead": "Pieces of work",
    "hub": "Where towns of several machines meet",
    "host": "Other machines for the town's sessions",
    "convoy": "Sets of beads, followed until all are done",
    "rig": "Git projects",
    "agent": "Whose programs work here",
    "mail": "Letters, which wait for whoever they are for",
    "escalation": "What only a person can decide",
    "account": "What agents log in with",
    "mq": "What waits to land",
    "policy": "What agents may use",
    "directive": "What workers are told to keep to",
    "config": "Settings",
    "budget": "How much money may be spent",
}
_PANELS = {
    "beads": "Work",
    "work": "Work",
    "convoys": "Work",
    "asks": "Work",
    "looking": "Looking",
    "nudging": "Work",
    "handing": "Work",
    "seance": "Looking",
    "mailing": "Work",
    "escalating": "Work",
    "costs": "Looking",
    "prices": "Looking",
    "budgets": "Work",
    "queue": "Looking",
    "report": "Looking",
    "history": "Looking",
    "rigs": "The town",
    "policies": "The town",
    "holds": "The town",
    "settings": "The town",
    "directives": "The town",
    "accounts": "The town",
    "town": "The town",
    "moving": "The town",
    "towns": "The town",
    "hubs": "The town",
    "hosts": "The town",
    "sessions": "Inside a session",
    "serving": "Inside a session",
}
_LISTS: dict[str, tuple[str, str, str]] = {
    "bead": ("bead.list", "id", "title"),
    "convoy": ("convoy.list", "id", "title"),
    "rig": ("rig.list", "name", "origin"),
    "agent": ("agent.list", "name", "command"),
    "account": ("account.list", "name", "vendor"),
    "session": ("agents", "address", "bead"),
    "submission": ("mq.list", "submission", "title"),
}
"""What completes a name: the method, and which of its fields are the name and what is said beside it."""


def show(argv: Sequence[str]) -> int:
    """Print the page, or answer the shell. Returns the exit code."""
    app = _app()
    try:
        app(list(argv) or ["--help"], prog_name="gt")
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else 0
    return 0


def _app() -> typer.Typer:
    about = "Gas Town: a colony of coding agents; work in, proven commits out."
    app = typer.Typer(help=about, rich_markup_mode="rich", context_settings={"help_option_names": ["-h", "--help"]})
    app.callback()(_root)
    groups: dict[str, typer.Typer] = {}
    for family in dict.fromkeys(FAMILIES.values()):
        for verb in module(family).VERBS:
            first, _, second = verb.path.partition(" ")
            panel = _PANELS[family]
            if not second:
                app.command(first, help=verb.help, rich_help_panel=panel)(_command(verb))
                continue
            if first not in groups:
                groups[first] = typer.Typer(help=_GROUPS[first])
                app.add_typer(groups[first], name=first, rich_help_panel=panel)
            groups[first].command(second, help=verb.help)(_command(verb))
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"gt {version('gastown')}")
        raise typer.Exit


_VERSION = typer.Option("--version", callback=_print_version, is_eager=True, help="Say which version this is.")


def _root(version: Annotated[bool, _VERSION] = False) -> None:
    """Takes the flags of `gt` itself; all it has are pages."""
    del version


def _command(verb: Verb) -> Callable[..., None]:
    parameters = [*map(_argument, verb.words), *map(_option, (*verb.flags, *EVERYWHERE))]

    def command(**_: Any) -> None:
        raise typer.Exit(run(sys.argv[1:]))

    command.__signature__ = Signature(parameters)  # type: ignore[attr-defined]
    command.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
    return command


def _argument(word: Word) -> Parameter:
    info = typer.Argument(help=word.help, metavar=word.meta, autocompletion=_completion(word.names))
    kind: Any = list[str] if word.many else str
    default = Parameter.empty if word.needed else None
    return _parameter(word.name, kind if word.needed else kind | None, info, default)


def _option(flag: Flag) -> Parameter:
    if flag.kind is None:
        return _parameter(flag.name, bool, typer.Option(*flag.spellings, help=flag.help), default=False)
    info = typer.Option(*flag.spellings, help=flag.help, metavar=flag.meta, autocompletion=_completion(flag.names))
    return _parameter(flag.name, list[str] | None if flag.many else str | None, info, None)


def _parameter(name: str, kind: Any, info: Any, default: Any) -> Parameter:
    return Parameter(name, Parameter.KEYWORD_ONLY, default=default, annotation=Annotated[kind, info])


def _completion(names: str) -> Callable[[str], list[tuple[str, str]]] | None:
    """What a word may become, asked of the town; nothing where none answers."""
    if not names:
        return None
    method, key, beside = _LISTS[names]

    def complete(incomplete: str) -> list[tuple[str, str]]:
        try:
            rows = town_meant("", dict(os.environ)).call(method, {})[1]
        except CommandFailedError:
            return []
        return [(row[key], str(row.get(beside) or "")) for row in rows if row[key].startswith(incomplete)]

    return complete
