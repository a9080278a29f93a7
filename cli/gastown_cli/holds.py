"""estop, thaw; and how what holds work is shown wherever it matters."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.output import Cell, day
from gastown_cli.verbs import REASON, Flag, Verb

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page

    Row = dict[str, Any]

IS_HELD = {"intake": "takes no new work", "pause": "is paused", "stop": "is stopped"}


def show_holds(holds: list[Row], page: Page, indent: str = "") -> None:
    """Who holds what, why, since when, and what lets it go on. Nothing where nothing is held."""
    for hold in holds:
        where = f"rig {hold['rig']}" if hold["rig"] else "the town"
        said = f"{where} {IS_HELD[hold['depth']]}, by {hold['by']} since {day(hold['since'])}: {hold['reason']}"
        page.line(indent + page.fit(Cell(said).text, len(indent)), "red")
        page.line(f"{indent}    {Cell(hold['hint']).text}", "cyan")


def _show_stopped(stopped: Row, page: Page) -> None:
    where = f"rig {stopped['rig']}" if stopped["rig"] else "the town"
    if not stopped["new"]:
        page.line(f"{where} was stopped already", "yellow")
    show_holds(stopped["holds"], page)
    frozen = stopped["frozen"]
    if frozen is None:
        page.line("the host does not answer: it starts nothing, and ends what an earlier one left running", "yellow")
    else:
        page.line(f"{frozen} programs stand still; a push that was under way finishes", "dim")


def _show_thawed(thawed: Row, page: Page) -> None:
    where = f"rig {thawed['rig']}" if thawed["rig"] else "the town"
    if not thawed["new"]:
        page.line(f"{where} was not stopped", "yellow")
    elif not thawed["holds"]:
        page.line(f"{page.style(where, 'bold')} goes on")
    if thawed["holds"]:
        page.line("still held:")
        show_holds(thawed["holds"], page, indent="  ")


_OF_RIG = Flag("--rig", "only this rig", meta="RIG", names="rig")

VERBS = (
    Verb("estop", "Freeze all work at once; nothing is lost", Ask("estop", _show_stopped), _OF_RIG, REASON),
    Verb("thaw", "Let what was frozen go on", Ask("thaw", _show_thawed), _OF_RIG),
)
