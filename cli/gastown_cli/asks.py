"""asks, answer: what agents may use, where you are to say."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.output import Cell, day
from gastown_cli.verbs import AT, REASON, Flag, Verb, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page

    Row = dict[str, Any]


def show_list(asks: list[Row], page: Page) -> None:
    """Each with what its agent wants to use, and the command that answers it."""
    if not asks:
        page.line("nobody asks for leave", "dim")
    for one in asks:
        what = f"{page.style(one['id'], 'bold')}  {one['agent']} on {one['bead']}, since {day(one['asked_at'])}"
        page.line(f"{what}{_came_to(one)}")
        page.line(f"    {Cell(one['tool']).text}: {Cell(one['title']).text}")
        if one["state"] == "waiting":
            page.line(f"    gt answer {one['id']} allow|deny", "cyan")


def _came_to(one: Row) -> str:
    if one["allow"] is None:
        return f" ({one['how']})" if one["how"] else ""
    why = f": {Cell(one['reason']).text}" if one["reason"] else ""
    return f" ({'allowed' if one['allow'] else 'denied'} by {one['by']}{why})"


def _show_answer(one: Row, page: Page) -> None:
    said = "may" if one["allow"] else "may not"
    page.line(f"{page.style(one['bead'], 'bold')} {said} use {Cell(one['tool']).text}: {Cell(one['title']).text}")


VERBS = (
    Verb(
        "asks",
        "What agents want to use, and wait for you to say",
        Ask("asks", show_list),
        Flag("--all", "those that wait no more, too", kind=None),
        AT,
    ),
    Verb(
        "answer",
        "Say whether an agent may use what it asks for; the first answer counts",
        Ask("answer", _show_answer),
        Word("ask", "as gt asks names it", meta="ID"),
        Word("verdict", "allow or deny", meta="allow|deny"),
        REASON,
    ),
)
