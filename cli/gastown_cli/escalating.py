"""escalate, escalation ...: what only a person can decide."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.verbs import BEAD, REASON, Flag, Verb, Word, choice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page

    Matter = dict[str, Any]

_SEVERITIES = ("low", "medium", "high", "critical")
_ESCALATION = Word("escalation", "its id, see gt escalations", meta="ID")


def _show_asked(matter: Matter, page: Page) -> None:
    page.line(f"{page.style(matter['id'], 'bold')} asks for a person ({matter['severity']}); work goes on meanwhile")
    page.line("whether it is settled: gt escalations --all", "dim")


def _show_state(matter: Matter, page: Page) -> None:
    page.line(f"{page.style(matter['id'], 'bold')} is {matter['state']}")
    if matter["state"] != "closed":
        page.line(matter["hint"], "dim")


VERBS = (
    Verb(
        "escalate",
        "Ask for a person's decision, and go on meanwhile",
        Ask("escalate", _show_asked),
        Word("text", "what is to be decided"),
        Flag("--severity", "low, medium (as it is without), high or critical", "-s", kind=choice(*_SEVERITIES)),
        Flag("--about", "which bead it is about, if not your own", meta="BEAD", names=BEAD.names),
    ),
    Verb("escalation ack", "I have seen it, and care for it", Ask("escalation.ack", _show_state), _ESCALATION),
    Verb(
        "escalation close",
        "It is decided: what, is written to whoever asked",
        Ask("escalation.close", _show_state),
        _ESCALATION,
        REASON,
    ),
)
