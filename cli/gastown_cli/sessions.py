"""hook, prime, done: what a worker asks about itself."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.output import Cell
from gastown_cli.verbs import REASON, Flag, Verb, choice

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page


def _show_hook(hook: dict[str, Any], page: Page) -> None:
    bead = hook["bead"]
    page.head(f"{bead['id']}  {Cell(bead['title']).text}", bead["state"])
    mine = ("session", "rig", "address", "agent", "worktree", "branch")
    page.pairs(((name, hook[name]) for name in mine), indent="  ")
    page.line("gt prime says all there is to know; gt done hands it in", "dim")


def _show_prime(prime: dict[str, Any], page: Page) -> None:
    page.verbatim(prime["text"])


def _show_done(done: dict[str, Any], page: Page) -> None:
    page.line(f"{page.style(done['bead'], 'bold')} {done['status']}; end this session now")
    if done["untracked"]:
        page.line(f"untracked files are kept, and are no part of it: {Cell(', '.join(done['untracked'])).text}", "dim")


VERBS = (
    Verb("hook", "My assignment (inside a session)", Ask("hook", _show_hook)),
    Verb("prime", "All this worker must know (inside a session)", Ask("prime", _show_prime, verbatim=True)),
    Verb(
        "done",
        "Hand in what is committed, or give the bead back (inside a session)",
        Ask("done", _show_done),
        Flag(
            "--status",
            "completed; deferred: not now; escalated: a person must look",
            kind=choice("completed", "deferred", "escalated"),
            meta="completed|deferred|escalated",
        ),
        REASON,
    ),
)
