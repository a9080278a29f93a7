"""mq ...: what waits to land."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.output import Cell, day, state
from gastown_cli.verbs import AT, RIG, Flag, Verb, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page

    Submission = dict[str, Any]


def show_list(queue: list[Submission], page: Page) -> None:
    if not queue:
        page.line("nothing waits to land", "dim")
        return
    rows = [
        (
            Cell(one.get("place", ""), right=True),
            Cell(one["bead"], "bold"),
            state(one["state"]),
            one["rig"],
            one["session"],
            one["commit"][:12],
            one["reason"] or one["title"],
        )
        for one in queue
    ]
    page.table(("#", "BEAD", "STATE", "RIG", "SESSION", "COMMIT", "TITLE"), rows)


def _show_one(one: Submission, page: Page) -> None:
    page.head(f"{one['submission']}  {Cell(one['title']).text}", one["state"])
    gates = ", ".join(f"{gate['name']} ({gate['seconds']:.1f} s)" for gate in one["gates"])
    facts = (
        ("bead", one["bead"]),
        ("session", one["session"]),
        ("commit", one["commit"]),
        ("proof", one["number"] or None),
        ("base", one["base"]),
        ("candidate", one["candidate"]),
        ("gates passed", gates),
        ("proposed on", one["proposal"]),
        ("landed as", one["target_commit"]),
        ("reason", one["reason"]),
        ("queued", day(one["enqueued_at"])),
        ("approved", day(one["approved_at"])),
        ("tried again", day(one["retry_at"])),
        ("landed", day(one["landed_at"])),
    )
    page.pairs(facts, indent="  ")
    if one["tail"]:
        page.line()
        page.line("The end of the output", "bold")
        page.block(one["tail"], indent="  ")


def _show_approved(one: Submission, page: Page) -> None:
    page.line(f"{page.style(one['submission'], 'bold')} approved: {Cell(one['title']).text}")


_SUBMISSION = Word("submission", "the submission, or its bead", names="submission")

VERBS = (
    Verb(
        "mq list",
        "What waits to land, in the order it will",
        Ask("mq.list", show_list),
        RIG,
        Flag("--all", "what is over, too", kind=None),
        AT,
    ),
    Verb("mq show", "One submission and its proofs", Ask("mq.show", _show_one), _SUBMISSION, AT),
    Verb("mq approve", "Let what is proven land", Ask("mq.approve", _show_approved), _SUBMISSION),
)
