"""bead ..., ready."""

from __future__ import annotations

import sys

from gastown_cli.asking import Ask
from gastown_cli.output import Cell, day, state
from gastown_cli.trouble import usage
from gastown_cli.verbs import AT, BEAD, REASON, RIG, Flag, Verb, Word, number, priority

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page
    from gastown_cli.verbs import Values

    Bead = dict[str, Any]

_PRIORITY = Flag("--priority", "0, most urgent, to 4", "-p", kind=priority, meta="0..4")
_TYPE = Flag("--type", "task, bug, feature ...", "-t", meta="TYPE", name="issue_type")
_DESCRIPTION = Flag("--description", "what is to be done, in full", "-d")
_STDIN = Flag("--stdin", "read the description from standard input", kind=None)
_ACCEPTANCE = Flag("--acceptance", "when it is done")


def with_stdin(values: Values) -> Values:
    """The description as given, or from standard input."""
    if not values.pop("stdin", False):
        return values
    if "description" in values:
        raise usage("--description and --stdin both give the description", "choose one")
    try:
        return {**values, "description": sys.stdin.buffer.read().decode()}
    except UnicodeDecodeError as error:
        raise usage("what stands on standard input is not UTF-8", "iconv makes it so") from error


def show_list(beads: list[Bead], page: Page) -> None:
    if not beads:
        page.line("no beads", "dim")
        return
    rows = [
        (
            Cell(bead["id"], "bold"),
            Cell(bead["priority"], right=True),
            state(bead["state"]),
            bead["rig"],
            bead.get("assignee"),
            bead["title"],
        )
        for bead in beads
    ]
    page.table(("BEAD", "P", "STATE", "RIG", "WORKER", "TITLE"), rows)


def show_ready(beads: list[Bead], page: Page) -> None:
    if not beads:
        page.line("nothing is ready", "dim")
        return
    rows = [
        (Cell(bead["id"], "bold"), Cell(bead["priority"], right=True), bead["issue_type"], bead["rig"], bead["title"])
        for bead in beads
    ]
    page.table(("BEAD", "P", "TYPE", "RIG", "TITLE"), rows)


def said(what: str) -> Any:
    """Shows a bead after a change: one line."""

    def show(bead: Bead, page: Page) -> None:
        page.line(f"{page.style(bead['id'], 'bold')} {what}: {Cell(bead['title']).text}")

    return show


def show_one(bead: Bead, page: Page) -> None:
    page.head(f"{bead['id']}  {Cell(bead['title']).text}", bead["state"])
    facts = (
        ("priority", bead["priority"]),
        ("type", bead["issue_type"]),
        ("rig", bead["rig"]),
        ("convoy", bead["convoy"]),
        ("worker", bead.get("assignee")),
        ("session", bead.get("session")),
        ("attempts", bead["attempts"] or None),
        ("submission", bead["submission"]),
        ("blocked", bead.get("blocked_reason")),
        *_abroad(bead.get("abroad", {}), is_there=bead["state"] == "away"),
        ("created", f"{day(bead['created_at'])} by {bead['created_by']}"),
        ("closed", day(bead.get("closed_at"))),
        ("reason", bead.get("close_reason")),
    )
    page.pairs(facts, indent="  ")
    for title, name in (("", "description"), ("Done when", "acceptance_criteria"), ("Notes", "notes")):
        if bead.get(name):
            page.line()
            if title:
                page.line(title, "bold")
            page.block(bead[name], indent="  ")
    _show_needs(bead["needs"], page)
    _show_attempts(bead["returned"], page)


def _abroad(said: dict[str, Any], *, is_there: bool) -> tuple[tuple[str, str | None], ...]:
    """Where it is, or is to go, in other towns."""
    offered, away = said.get("offered"), said.get("away")
    stuck = f", waits for a person there: {away['stuck']}" if away and away["stuck"] else ""
    return (
        ("to go to", ", ".join(said.get("slung_to", ())) or None if not offered and not away else None),
        ("offered", f"to {offered['town']}, until {day(offered['until'])}" if offered else None),
        ("away" if is_there else "was", f"at {away['town']} since {day(away['since'])}{stuck}" if away else None),
        ("landed", _landed(said["landed"]) if said.get("landed") else None),
        ("waits", said.get("waits")),
        ("not taken", said.get("not_taken")),
        ("came from", said.get("received_from")),
        ("waits", "for the commits that came along" if said.get("fetching") else None),
        ("goes without", f"the commits that came along: {said['without']}" if said.get("without") else None),
    )


def _landed(where: dict[str, str]) -> str:
    """The origin there may be another than here."""
    town, rig = where["town"], where["rig"]
    there = f", in its rig {rig}, whose origin gt rig show {rig} --town {town} tells" if rig else ""
    return f"at {town} as {where['commit'][:12]}{there}"


def _show_needs(needs: list[Bead], page: Page) -> None:
    if needs:
        page.line()
        page.line("Needs", "bold")
        rows = [(need["id"], state(need["state"]), need["title"]) for need in needs]
        page.table(("BEAD", "STATE", "TITLE"), rows, indent="  ")


def _show_attempts(attempts: list[Bead], page: Page) -> None:
    if attempts:
        page.line()
        page.line("Came back", "bold")
        rows = [(one["session"], one["outcome"], one["kept"], one["reason"]) for one in attempts]
        page.table(("SESSION", "OUTCOME", "KEPT ON", "REASON"), rows, indent="  ")


_FILTERS = (
    RIG,
    Flag(
        "--state", "open, slung, running, submitted, offered, away, landed, closed, blocked or escalated", meta="STATE"
    ),
    Flag("--status", "open, hooked, in_progress, blocked or closed", meta="STATUS"),
    _PRIORITY,
    _TYPE,
    Flag("--assignee", "whose", meta="ADDRESS"),
    Flag("--convoy", "in which convoy", meta="CONVOY", names="convoy"),
    Flag("--limit", "at most so many", kind=number, meta="N"),
)

VERBS = (
    Verb(
        "ready",
        "What could be worked on now: open, and all it needs is done",
        Ask("ready", show_ready),
        RIG,
        _PRIORITY,
        _TYPE,
        Flag("--limit", "at most so many", kind=number, meta="N"),
        AT,
    ),
    Verb(
        "bead create",
        "Write down a piece of work",
        Ask("bead.create", said("created"), prepare=with_stdin),
        Word("title", "what is to be done, in a line"),
        _DESCRIPTION,
        _STDIN,
        _ACCEPTANCE,
        _PRIORITY,
        _TYPE,
        Flag("--rig", "the project it is for", meta="RIG", names="rig"),
        Flag("--needs", "a bead that has to be done first; may be repeated", many=True, meta="BEAD", names="bead"),
    ),
    Verb("bead show", "All there is to know about a bead", Ask("bead.show", show_one), BEAD, AT),
    Verb("bead list", "All beads, or some", Ask("bead.list", show_list), *_FILTERS, AT),
    Verb(
        "bead update",
        "Change a bead",
        Ask("bead.update", said("changed"), prepare=with_stdin),
        BEAD,
        Flag("--title", "a new title"),
        _DESCRIPTION,
        _STDIN,
        _ACCEPTANCE,
        _PRIORITY,
        _TYPE,
        Flag("--assignee", "who cares for it"),
        Flag("--notes", "notes, in place of those there are"),
        Flag("--needs", "now needs this bead too", many=True, meta="BEAD", name="add_needs", names="bead"),
        Flag("--drop", "no longer needs this bead", many=True, meta="BEAD", name="remove_needs", names="bead"),
    ),
    Verb("bead close", "Done without code, or not wanted", Ask("bead.close", said("closed")), BEAD, REASON),
    Verb("bead reopen", "Not done after all", Ask("bead.reopen", said("is open again")), BEAD, REASON),
)
