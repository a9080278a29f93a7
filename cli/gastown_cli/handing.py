"""handoff: a fresh session goes on."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.verbs import Flag, Verb, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page


def _show(handed: dict[str, Any], page: Page) -> None:
    session = page.style(handed["session"], "bold")
    if handed["state"] == "ending":
        page.line(f"{session} ends now, and a fresh session goes on with {handed['bead']}")
    else:
        page.line(f"{session} is asked to write down what it knows; then a fresh session goes on with {handed['bead']}")


VERBS = (
    Verb(
        "handoff",
        "End a session so that a fresh one goes on with its bead, its commits and notes",
        Ask("handoff", _show),
        Word("address", "an address, a session or a bead; inside a session: its own", needed=False, names="session"),
        Flag("--message", "what whoever goes on is to know", "-m", meta="NOTES", name="notes"),
    ),
)
