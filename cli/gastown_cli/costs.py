"""costs: what the agents' turns used."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.output import Cell
from gastown_cli.verbs import AT, Flag, Verb, choice, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page

    Row = dict[str, Any]

_TOKENS = ("fresh", "cache_read", "cache_write", "output")


def _show(costs: Row, page: Page) -> None:
    total = costs["total"]
    if total is None:
        page.line("no agent has told what it used", "dim")
        return
    if costs["by"]:
        rows = [(Cell(one["of"] or "-", "bold"), *_figures(one)) for one in costs["rows"]]
        rows.append((Cell("all"), *_figures(total)))
        page.table((costs["by"].upper(), "TURNS", "FRESH", "CACHED", "WRITTEN", "OUTPUT", "USD"), rows)
    else:
        page.pairs(zip(("turns", "fresh", "cached", "written", "output", "USD"), _figures(total), strict=True))
    for name, words in (
        ("untold", "told nothing of what they used"),
        ("unpriced", "told tokens, and no price is known for them: gt prices"),
    ):
        if total[name]:
            page.line(f"{total[name]} of {total['turns']} turns {words}", "dim")
    if total["guessed"]:
        page.line(f"in budgets they count for {total['guessed']:.4f} USD, as they were reserved", "dim")


def _figures(row: Row) -> tuple[str, ...]:
    return (str(row["turns"]), *(f"{row[name]:,}" for name in _TOKENS), f"{row['cost']:.4f}")


VERBS = (
    Verb(
        "costs",
        "What the agents' turns used, and what they cost",
        Ask("costs", _show),
        Flag(
            "--by",
            "what to add up by",
            kind=choice("bead", "convoy", "agent", "vendor", "model", "rig", "day", "session"),
            meta="bead|convoy|agent|vendor|model|rig|day|session",
        ),
        Flag("--since", "turns that ended since then: 8h, 30m", kind=seconds, meta="DURATION"),
        AT,
    ),
)
