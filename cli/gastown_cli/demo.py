"""demo: a whole town at work, and the page about it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from gastown.demo.play import play
from gastown.demo.several.play import play as play_several
from gastown.demo.several.story import TOWNS
from gastown.errors import GastownError
from gastown_cli.asking import print_json
from gastown_cli.output import Cell, Page, state
from gastown_cli.trouble import CommandFailedError
from gastown_cli.waterfall import show_trace

if TYPE_CHECKING:
    from gastown_cli.verbs import Call

    Record = dict[str, Any]

_GT = (sys.executable, "-c", "import sys; from gastown_cli.main import main; sys.exit(main())")
"""Ourselves, wherever we are installed."""
_UNSUCCESSFUL = 7


def run(call: Call) -> int:
    """7 unless everything went as the story says."""
    stream = sys.stderr if call.as_json else sys.stdout
    page = Page.on(stream)

    def say(text: str, style: str) -> None:
        page.line(Cell(text).text, style)
        stream.flush()

    towns = call.values.get("towns", 1)
    if towns not in (1, len(TOWNS)):
        raise CommandFailedError(
            "usage", f"there is no story of {towns} towns", f"gt demo, or gt demo --towns {len(TOWNS)}"
        )
    try:
        if towns > 1:
            return _told_of_several(play_several(_GT, say=say), page, as_json=call.as_json)
        told = play(_GT, keep=bool(call.values.get("keep")), say=say)
    except GastownError as error:
        raise CommandFailedError(error.code, error.message, error.hint) from error
    if call.as_json:
        print_json(told.pop("position"), told)
    else:
        _show(told, page)
    return 0 if told["ok"] else _UNSUCCESSFUL


def _told_of_several(told: Record, page: Page, *, as_json: bool) -> int:
    if as_json:
        print_json(0, told)
    else:
        page.line()
        page.head("Landed", "on the one target that all of them share, first to last")
        rows = [(one["commit"][:8], one["bead"], one["subject"]) for one in told["landings"]]
        page.table(("commit", "bead", "subject"), rows, indent="  ")
        page.line()
        show_trace(told["trace"], page)
        page.line()
        _show_expectations(told, page)
        _show_verdict(told, page)
    return 0 if told["ok"] else _UNSUCCESSFUL


def _show(told: Record, page: Page) -> None:
    _show_landed(told, page)
    _show_reworked(told, page)
    _show_refused(told, page)
    _show_kept(told, page)
    page.line()
    show_trace(told["trace"], page)
    page.line()
    _show_expectations(told, page)
    _show_end(told, page)


def _show_landed(told: Record, page: Page) -> None:
    page.line()
    page.head("Landed", f"{len(told['landed'])} commits of the target, first to last; the tests ran at each of them")
    rows = [(one["commit"][:8], one["bead"], _tests(one["tests"]), one["title"]) for one in told["landed"]]
    page.table(("commit", "bead", "tests", "title"), rows, indent="  ")


def _tests(tests: Record | None) -> Cell:
    if tests is None:
        return Cell("not run", "red")
    return Cell(tests["says"], "green" if tests["passed"] else "red")


def _show_reworked(told: Record, page: Page) -> None:
    page.line()
    page.head("Re-worked", "attempts that came back, and why")
    rows = [(one["session"], state(one["then"]), f"{one['title']}: {one['reason']}") for one in told["reworked"]]
    page.table(("session", "in the end", "why"), rows, indent="  ")


def _show_refused(told: Record, page: Page) -> None:
    page.line()
    page.head("Refused")
    rows = [(one["by"], one["what"], f"{one['title']}: {one['why']}") for one in told["refused"]]
    page.table(("by", "what", "why"), rows, indent="  ")


def _show_kept(told: Record, page: Page) -> None:
    page.line()
    page.head("Kept", "what did not land, on branches of its own")
    rows = [(one["branch"], one["commit"][:8], one["reason"]) for one in told["kept"]]
    page.table(("branch", "commit", "reason"), rows, indent="  ")


def _show_expectations(told: Record, page: Page) -> None:
    page.head("Expected")
    for one in told["expectations"]:
        mark = page.style("ok    ", "green") if one["holds"] else page.style("failed", "red")
        page.line(f"  {mark}  {one['name']}")
        if not one["holds"]:
            page.line(f"          {Cell(one['wrong']).text}", "red")


def _show_verdict(told: Record, page: Page) -> None:
    page.line()
    failed = sum(not one["holds"] for one in told["expectations"])
    if failed:
        page.line(f"{failed} of {len(told['expectations'])} expectations failed, after {told['seconds']} s", "red")
    else:
        page.line(f"All as expected, in {told['seconds']} s.", "green")
    if told["folder"] and not told["up"]:
        page.line(f"All of it is kept in {told['folder']}")


def _show_end(told: Record, page: Page) -> None:
    _show_verdict(told, page)
    town = told["town"]
    if told["folder"] is None:
        page.line("The town is gone, and all its files.")
        return
    page.line(f"The town is {'up' if told['up'] else 'down'}, in {town}")
    tries = ["report", "bead list", "agents", "log BEAD", "events"] if told["up"] else ["up"]
    for words in tries:
        page.line(f"    gt --town {town} {words}")
    page.line(f"To end it: gt --town {town} down; then: rm -r {told['folder']}")
