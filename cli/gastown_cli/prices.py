"""prices: what tokens cost, and where that stands."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.output import Cell
from gastown_cli.verbs import Flag, Verb, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page

    Row = dict[str, Any]

_KINDS = ("fresh", "cache_read", "cache_write", "output")


def _show(prices: Row, page: Page) -> None:
    if prices["trouble"]:
        page.line(f"{Cell(prices['trouble']['message']).text}; the last that could be read go on", "red")
        page.line(f"    {Cell(prices['trouble']['hint']).text}", "cyan")
    if not prices["prices"]:
        page.line("no list knows this model: its turns stay without a cost", "yellow")
    else:
        page.table(
            ("MODEL", "VENDOR", "FROM", "FRESH", "CACHED", "WRITTEN", "OUTPUT", "SOURCE"),
            [
                (
                    Cell(one["model"], "bold"),
                    one["vendor"],
                    one["from"],
                    *(Cell(f"{one[kind]:g}", right=True) for kind in _KINDS),
                    f"{one['source']} {one['digest']}",
                )
                for one in prices["prices"]
            ],
        )
    page.line(f"USD per million tokens, the first that fits; your own go into {Cell(prices['file']).text}", "dim")


VERBS = (
    Verb(
        "prices",
        "What tokens cost, and where that stands",
        Ask("prices", _show),
        Word("model", "only what counts for this model", needed=False),
        Flag("--vendor", "used by an agent of this vendor", meta="VENDOR"),
    ),
)
