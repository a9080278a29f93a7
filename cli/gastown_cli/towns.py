"""join, leave, towns: the hub that the town is a member of, and the other towns there."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.output import Cell, day, duration, size
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
        page.table(_TITLES, [_row(one) for one in found["towns"]])
    for one in (one for one in found["towns"] if one["formers"]):
        fenced = "1 earlier town" if one["formers"] == 1 else f"{one['formers']} earlier towns"
        page.line(f"{Cell(one['name']).text} goes on, in epoch {one['epoch']}, for {fenced}, fenced", "dim")
    for one in (one for one in found["towns"] if one["full"]):
        page.line(f"the hub's copy of {Cell(one['name']).text} is at its limit of {size(one['limit'])}", "red")
        page.line(f"    more: gt hub quota {Cell(one['name']).text} SIZE, on the hub's machine", "cyan")


_TITLES = ("TOWN", "REACHABLE", "WORKERS", "READY", "AT WORK", "BLOCKED", "USD", "POSITION", "LAG", "AGENTS")


def _row(one: Row) -> tuple[Cell, ...]:
    name = Cell(one["name"] + (" (here)" if one["here"] else ""), "bold")
    *counts, agents = _load(one["load"])
    lag = Cell(f"{one['lag']}, full" if one["full"] else one["lag"], "red" if one["full"] else "", right=True)
    return (name, _reachable(one), *counts, Cell(one["position"], right=True), lag, agents)


def _reachable(one: Row) -> Cell:
    """And since when not: from then on nothing is known of it."""
    if one["gone"] or one["fenced"]:
        return Cell(one["gone"] or "fenced", "red")
    age = one["copy_age"]
    if one["connected"]:
        return Cell("yes", "green") if age is not None else Cell("yes, no copy", "yellow")
    return Cell("no, never was" if age is None else f"no, for {duration(age)}", "red")


def _load(load: Row | None) -> tuple[Cell, ...]:
    if load is None:
        return (*(Cell("-", "dim", right=True) for _ in range(5)), Cell("-", "dim"))
    workers, beads = load["workers"], load["beads"]
    counts = [Cell(number, right=True) for number in (beads["ready"], beads["waiting"] + beads["at_work"])]
    blocked = Cell(beads["blocked"], "red" if beads["blocked"] else "", right=True)
    busy = Cell(f"{workers['now']}/{workers['most']}", "red" if load["held"] else "", right=True)
    return (busy, *counts, blocked, Cell(f"{load['cost']:.2f}", right=True), Cell(" ".join(load["agents"])))


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
        "All towns of the hub: whether they are there, what goes on in each, how far the copies of their logs are",
        Ask("towns", _show_towns),
    ),
)
