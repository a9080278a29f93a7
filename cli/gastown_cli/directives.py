"""directive ..."""

from __future__ import annotations

from gastown_cli.asking import Ask, Later
from gastown_cli.output import Cell
from gastown_cli.verbs import Flag, Verb, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page


def _show_all(found: list[dict[str, Any]], page: Page) -> None:
    if not found:
        page.line("no directives: gt directive edit polecat", "dim")
        return
    rows = [
        (Cell(one["role"], "bold"), one["rig"] or "(all)", f"{one['size']} bytes", one["path"], one["trouble"])
        for one in found
    ]
    page.table(("ROLE", "RIG", "SIZE", "FILE", "TROUBLE"), rows)


def _show(found: dict[str, Any], page: Page) -> None:
    for part in found["parts"]:
        page.line(part["path"], "dim")
        if part["trouble"]:
            page.line(f"cannot be read: {Cell(part['trouble']).text}", "red")
        page.block(part["text"])
        if part["cut"]:
            page.line(f"cut short: it has {part['size']} bytes", "yellow")
    if not found["parts"]:
        page.line(f"none: gt directive edit {found['role']} writes {found['path']}", "dim")


_ROLE = Word("role", "whose: polecat")
_RIG = Flag("--rig", "of this rig, besides the town's", meta="RIG", names="rig")

VERBS = (
    Verb("directive list", "All that workers are told to keep to", Ask("directive.list", _show_all)),
    Verb("directive show", "What a role is told to keep to", Ask("directive.show", _show), _ROLE, _RIG),
    Verb(
        "directive edit",
        "Write it, with $VISUAL or $EDITOR; sessions that start from then on are told",
        Later("edited:edit"),
        _ROLE,
        _RIG,
    ),
)
