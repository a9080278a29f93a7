"""bench: measure this machine, and show each figure beside its floor."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from gastown.bench.run import PARTS, measure
from gastown.exit_codes import EXIT_CODES
from gastown_cli.asking import print_json
from gastown_cli.output import Cell, Page
from gastown_cli.trouble import usage

if TYPE_CHECKING:
    from gastown.bench.figure import Figure
    from gastown.bench.run import Report
    from gastown_cli.verbs import Call


def run(call: Call) -> int:
    """Exit 0 whether or not the budgets hold; 7 when something could not be measured."""
    notes = Page.on(sys.stderr)
    only: list[str] = call.values.get("only", [])
    if unknown := [name for name in only if name not in PARTS]:
        raise usage(f"there is no part {', '.join(unknown)}", f"there are: {', '.join(PARTS)}")
    quick = bool(call.values.get("quick"))
    report = measure(quick=quick, only=only, tell=lambda part: notes.line(f"measuring {part} ...", "dim"))
    if call.as_json:
        print_json(0, msgspec.to_builtins(report))
    else:
        show(report, Page.on(sys.stdout))
    return EXIT_CODES["unsuccessful"] if report.not_measured else 0


def show(report: Report, page: Page) -> None:
    """A hundred columns, and beneath them what the floors are."""
    if report.figures:
        titles = ("figure", "ours", "floor", "unit", "ratio", "budget", "")
        page.table(titles, [_row(figure) for figure in report.figures])
        page.line()
        page.head("floors")
        floors = {figure.floor_is: figure.name.partition(",")[0] for figure in reversed(report.figures)}
        page.pairs((name, floor) for floor, name in reversed(floors.items()))
    for failed in report.not_measured:
        page.line(f"{page.style('not measured', 'red')}  {failed.part}: {Cell(failed.reason).text}")


def _row(figure: Figure) -> tuple[Cell | object, ...]:
    ratio = "-" if figure.ratio is None else f"{figure.ratio:.2f}"
    verdict = {None: Cell(""), True: Cell("ok", "green"), False: Cell("over", "red")}[figure.ok]
    numbers = [Cell(text, right=True) for text in (_number(figure.value), _number(figure.floor))]
    return (figure.name, *numbers, figure.unit, Cell(ratio, right=True), figure.budget, verdict)


def _number(value: float) -> str:
    """Three digits are more than a machine repeats."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
