"""nudge: a message for an agent at work."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.verbs import Flag, Verb, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page


def _show(message: dict[str, Any], page: Page) -> None:
    when = "now, if it can be told within its turn" if message["urgent"] else "when its turn has ended"
    page.line(f"{page.style(message['address'], 'bold')} is told {when}")
    page.line(f"whether it has taken it: gt events --entity {message['session']}", "dim")


VERBS = (
    Verb(
        "nudge",
        "Tell an agent at work something",
        Ask("nudge", _show),
        Word("address", "an address, a session or a bead", names="session"),
        Word("text", "what"),
        Flag("--urgent", "within its turn, where it can be told so", kind=None),
    ),
)
