"""convoy ..."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.output import Cell, state
from gastown_cli.verbs import AT, Verb, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page

    Convoy = dict[str, Any]

_CONVOY = Word("convoy", "the convoy's id", names="convoy")
_BEADS = Word("beads", "the beads in it", many=True, names="bead", meta="BEAD")


def _show_list(convoys: list[Convoy], page: Page) -> None:
    if not convoys:
        page.line("no convoys", "dim")
        return
    rows = [
        (
            Cell(convoy["id"], "bold"),
            state(convoy["state"]),
            Cell(f"{convoy['done']}/{convoy['total']}", right=True),
            convoy["title"],
        )
        for convoy in convoys
    ]
    page.table(("CONVOY", "STATE", "DONE", "TITLE"), rows)


def _show_one(convoy: Convoy, page: Page) -> None:
    page.head(f"{convoy['id']}  {Cell(convoy['title']).text}", convoy["state"])
    page.line(f"  {convoy['done']} of {convoy['total']} done, {convoy['landed']} landed")
    rows = [
        (Cell(bead["id"], "bold"), state(bead["state"]), (bead["landed_commit"] or "")[:12], bead["title"])
        for bead in convoy["beads"]
    ]
    page.line()
    page.table(("BEAD", "STATE", "COMMIT", "TITLE"), rows, indent="  ")


def _show_made(convoy: Convoy, page: Page) -> None:
    page.line(f"{page.style(convoy['id'], 'bold')} follows {convoy['total']} beads: {Cell(convoy['title']).text}")


VERBS = (
    Verb(
        "convoy create",
        "Follow a set of beads until all are done",
        Ask("convoy.create", _show_made),
        Word("title", "what they are for"),
        _BEADS,
    ),
    Verb("convoy list", "All convoys", Ask("convoy.list", _show_list), AT),
    Verb("convoy show", "How far a convoy is", Ask("convoy.show", _show_one), _CONVOY, AT),
    Verb("convoy add", "More beads for a convoy", Ask("convoy.add", _show_made), _CONVOY, _BEADS),
)
