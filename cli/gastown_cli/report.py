"""report: the page for the morning."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.budgets import show_budgets
from gastown_cli.holds import IS_HELD
from gastown_cli.output import Cell, day, duration
from gastown_cli.verbs import AT, Flag, Verb, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page

    Row = dict[str, Any]


def _show(report: Row, page: Page) -> None:
    page.head("Report", f"since {day(report['since'])}")
    _show_needs_you(_needs_you(report["needs_you"]), page)
    _show_landed(report, page)
    _show_returned(report["returned"], page)
    _show_kept(report["kept"], page)
    took = report["took"]
    page.line()
    page.line(
        f"{page.style('It took', 'bold')}  {took['sessions']} sessions, {took['submitted']} of them handed in,"
        f" {duration(took['seconds'])} of workers' time"
    )
    _show_money(took["costs"], page)
    if report["budgets"]:
        page.line()
        show_budgets(report["budgets"], page)


def _show_money(costs: Row | None, page: Page) -> None:
    """Nothing where no agent told what it used."""
    if costs is not None:
        unknown = costs["untold"] + costs["unpriced"]
        more = f", and {unknown} turns of unknown cost" if unknown else ""
        page.line(f"{page.style('It cost', 'bold')}  {costs['cost']:.2f} USD in {costs['turns']} turns{more}")


def _needs_you(needs: Row) -> list[tuple[str, str, str]]:
    """(what, why, the command that moves it), each matter once."""
    blocked = [(one["bead"], one["reason"] or one["title"], f"gt retry {one['bead']}") for one in needs["blocked"]]
    held = [
        (one["submission"], f"proven: {one['title']}", f"gt mq approve {one['submission']}") for one in needs["held"]
    ]
    asks = [
        (one["id"], f"{one['agent']} on {one['bead']} asks to use {one['tool']}: {one['title']}", _answers(one["id"]))
        for one in needs["asks"]
    ]
    holds = [(one["rig"] or "town", f"{IS_HELD[one['depth']]}: {one['reason']}", one["hint"]) for one in needs["holds"]]
    known = {what for what, _, _ in (*blocked, *holds)}
    others = [
        (one["about"], one["reason"], one["hint"])
        for one in needs["escalations"]
        if one["about"] not in known or one["id"].startswith("asked.")
    ]
    mail = [("overseer", f"{needs['mail']} unread letters", "gt mail inbox")] if needs["mail"] else []
    return [*holds, *asks, *blocked, *held, *others, *mail]


def _answers(ask: str) -> str:
    return f"gt answer {ask} allow|deny"


def _show_needs_you(matters: list[tuple[str, str, str]], page: Page) -> None:
    page.line()
    if not matters:
        page.line("Nothing needs you", "green")
        return
    page.line(f"Needs you ({len(matters)})", "red")
    for what, why, hint in matters:
        page.line(f"  {page.style(what, 'bold')}  {Cell(why).text}")
        page.line(f"      {Cell(hint).text}", "cyan")


def _show_landed(report: Row, page: Page) -> None:
    page.line()
    page.line(f"Landed ({len(report['landed'])})", "green")
    if report["landed"]:
        rows = [
            (
                Cell(one["bead"], "bold"),
                one.get("landed_in") or one["rig"],
                one["landed_commit"][:12],
                one["landed_at"][11:16],
                Cell(one["attempts"], right=True),
                one["title"],
            )
            for one in report["landed"]
        ]
        page.table(("BEAD", "RIG", "COMMIT", "AT", "TRIES", "TITLE"), rows, indent="  ")
    if report["closed"]:
        page.line()
        page.line(f"Closed without code ({len(report['closed'])})", "bold")
        rows = [(Cell(one["bead"], "bold"), one["title"], one["reason"]) for one in report["closed"]]
        page.table(("BEAD", "TITLE", "REASON"), rows, indent="  ")


def _show_returned(returned: list[Row], page: Page) -> None:
    if returned:
        page.line()
        page.line(f"Came back ({len(returned)})", "yellow")
        rows = [(Cell(one["bead"], "bold"), one["session"], one["outcome"], one["reason"]) for one in returned]
        page.table(("BEAD", "SESSION", "OUTCOME", "REASON"), rows, indent="  ")


def _show_kept(kept: list[Row], page: Page) -> None:
    if kept:
        page.line()
        page.line(f"Kept ({len(kept)})", "bold")
        rows = [(Cell(one["bead"], "bold"), one["rig"], one["commit"][:12], one["branch"]) for one in kept]
        page.table(("BEAD", "RIG", "COMMIT", "BRANCH"), rows, indent="  ")


VERBS = (
    Verb(
        "report",
        "What landed, what needs you, what was kept, what it took",
        Ask("report", _show),
        Flag("--since", "how far back: 8h, 30m, 2d", kind=seconds, meta="TIME"),
        AT,
    ),
)
