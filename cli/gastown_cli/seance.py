"""seance: what an earlier session knows, asked of a copy of its conversation."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.verbs import Flag, Verb, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page


def _show(answer: dict[str, Any], page: Page) -> None:
    if failure := answer.get("failure"):
        page.line(f"it did not answer: {failure['kind']}: {failure['message']}", "red")
    if answer["text"]:
        page.block(answer["text"])
    page.line(f"session {answer['session']}, {answer['seconds']:.0f} s", "dim")


def _exit_code(answer: dict[str, Any]) -> int:
    return 7 if answer.get("failure") else 0


VERBS = (
    Verb(
        "seance",
        "Ask an earlier session something: a copy of its conversation answers",
        Ask("seance", _show, exit_code=_exit_code),
        Word("address", "a session, or an address or a bead at work", names="session"),
        Flag("--question", "what to ask", "-p", meta="TEXT"),
        Flag("--timeout", "seconds to wait (300)", kind=float, meta="SECONDS"),
    ),
)
