"""join, leave, towns: the hub that the town is a member of, and the other towns there."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.output import Cell, day, duration
from gastown_cli.verbs import REASON, Verb, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page

    Row = dict[str, Any]


def _show_joined(joined: Row, page: Page) -> None:
    told = "joined" if joined["new"] else "is a member of"
    page.line(f"{page.style(joined['name'], 'bold')} {told} {page.style(joined['hub'], 'bold')}")
    _show_link(joined, page)
    if joined["up"]:
        page.line(f"{len(joined['towns'])} towns are members: gt towns", "dim")


def _show_link(found: Row, page: Page) -> None:
    """Nothing where all is as it is to be."""
    if found["up"] and not found["trouble"]:
        return
    if not found["up"]:
        page.line(f"the hub is not connected, since {day(found['since'])}; the town works all the same", "yellow")
    if found["trouble"]:
        page.line(f"    {Cell(found['trouble']).text}", "red")
    if not found["up"]:
        page.line("    gt doctor says more", "cyan")


def _show_left(left: Row, page: Page) -> None:
    page.line("the town is a member of no hub any more")
    if not left["told"]:
        page.line("the hub could not be told; there, gt hub revoke TOWN has it forget the town", "yellow")


def _show_towns(found: Row, page: Page) -> None:
    if found["hub"] is None:
        page.line("the town is a member of no hub", "dim")
        page.line("gt join INVITATION makes it one; gt hub init DIR makes a hub", "cyan")
        if found["trouble"]:
            page.line(Cell(found["trouble"]).text, "red")
        return
    known = f"as {found['name']}"
    if found["age"] is None:
        known += ", and has never heard who else is"
    elif not found["up"]:
        known += f"; this is what it said {duration(found['age'])} ago"
    page.head(f"hub {found['hub']}", known)
    _show_link(found, page)
    if found["towns"]:
        page.table(("TOWN", "REACHABLE", "POSITION", "LAG", "COPY"), [_row(one) for one in found["towns"]])


def _row(one: Row) -> tuple[Cell, ...]:
    name = Cell(one["name"] + (" (here)" if one["here"] else ""), "bold")
    since = day(one["seen_at"]) if one["seen_at"] else "never"
    reachable = Cell("yes", "green") if one["connected"] else Cell(f"no, last {since}", "red")
    age = one["copy_age"]
    copied = Cell("none", "dim") if age is None else Cell(f"as of {duration(age)} ago")
    return (name, reachable, Cell(one["position"], right=True), Cell(one["lag"], right=True), copied)


VERBS = (
    Verb(
        "join",
        "Make the town a member of a hub, by an invitation that gt hub invite printed there",
        Ask("join", _show_joined),
        Word("invitation", "as it was printed; it is one long word"),
    ),
    Verb("leave", "Be a member of the hub no more; its copy of the log stays there", Ask("leave", _show_left), REASON),
    Verb(
        "towns",
        "All towns of the hub: whether they are there, and how far its copies of their logs are",
        Ask("towns", _show_towns),
    ),
)
