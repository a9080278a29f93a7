"""agent check: an agent's program, tried."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.output import Cell
from gastown_cli.verbs import Flag, Verb, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page

    Row = dict[str, Any]

_UNSUCCESSFUL = 7


def show_steps(steps: list[Row], page: Page) -> None:
    for step in steps:
        mark = page.style("ok    ", "green") if step["ok"] else page.style("failed", "red")
        page.line(f"{mark}  {step['name']}  {page.style(Cell(step['detail']).text, 'dim')}".rstrip())
        if step["mend"]:
            page.line(f"        {step['mend']}", "cyan")


def _show(check: Row, page: Page) -> None:
    show_steps(check["steps"], page)
    if not all(step["ok"] for step in check["steps"] if step["name"] != "capabilities"):
        page.line(f"{page.style(check['agent'], 'bold')} is given no bead until it passes", "yellow")


CHECK = Verb(
    "agent check",
    "Try an agent's program: found, starts, can commit, ends",
    Ask("agent.check", _show, exit_code=lambda check: 0 if check["ok"] else _UNSUCCESSFUL),
    Word("name", "the agent's name", names="agent"),
    Flag("--turn", "give it a turn, too, which asks its model", kind=None),
)
