"""budget ...: how much money may be spent on what."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.output import Cell
from gastown_cli.trouble import usage
from gastown_cli.verbs import AT, Verb, Word, usd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page
    from gastown_cli.verbs import Values

    Row = dict[str, Any]


def show_budgets(budgets: list[Row], page: Page) -> None:
    """A table, and for whose sake a person is asked."""
    rows = [
        (Cell(one["scope"], "bold"), *(_money(one[name]) for name in ("amount", "spent", "reserved", "left")))
        for one in budgets
    ]
    page.table(("BUDGET", "USD", "SPENT", "RESERVED", "LEFT"), rows)
    for one in budgets:
        if one["guessed"]:
            page.line(
                f"{one['scope']}: {one['guessed']:.2f} of it as reserved, since nobody told what it came to", "dim"
            )
        if one["reason"]:
            page.line(Cell(one["reason"]).text, "yellow")
            page.line(f"    {Cell(one['hint']).text}", "cyan")


def _money(amount: float) -> Cell:
    return Cell(f"{amount:.2f}", right=True)


def _show_list(budgets: list[Row], page: Page) -> None:
    if not budgets:
        page.line("no budgets: gt budget set town 20", "dim")
        return
    show_budgets(budgets, page)


def _show_one(one: Row, page: Page) -> None:
    show_budgets([one], page)


def _show_dropped(dropped: Row, page: Page) -> None:
    page.line(f"there is no budget {page.style(dropped['scope'], 'bold')} any more")


def _amount(values: Values) -> Values:
    try:
        return {**values, "amount": usd(values["amount"])}
    except ValueError as error:
        raise usage(f"gt budget set: the amount {error}, not {values['amount']!r}", "gt budget set town 20") from error


_SCOPE = Word("scope", "town, day (UTC), rig:NAME, convoy:ID or bead:ID")

VERBS = (
    Verb(
        "budget set",
        "Let so much be spent on it; 0: nothing that costs may begin",
        Ask("budget.set", _show_one, prepare=_amount),
        _SCOPE,
        Word("amount", "in USD: 20, 2.50"),
    ),
    Verb("budget list", "All budgets: spent, reserved for turns under way, left", Ask("budget.list", _show_list), AT),
    Verb("budget drop", "Let it cost what it may", Ask("budget.drop", _show_dropped), _SCOPE),
)
