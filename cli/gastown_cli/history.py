"""events, log, trace, why: what happened, and what led to it."""

from __future__ import annotations

import sys

from gastown_cli.asking import Ask, Later, town_of
from gastown_cli.later import module
from gastown_cli.output import Cell, Page, shown
from gastown_cli.quick_json import dump
from gastown_cli.verbs import AT, BEAD, Flag, Verb, Word, number, seconds
from gastown_cli.waterfall import show_trace

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.calling import Town
    from gastown_cli.verbs import Call

    Row = dict[str, Any]

_KIND_STYLES = {
    "bead": "cyan",
    "session": "yellow",
    "submission": "blue",
    "convoy": "magenta",
    "rig": "magenta",
    "escalation": "red",
    "target": "red",
    "polecat": "dim",
}


def events(call: Call) -> int:
    """One a line, as they come."""
    if call.everywhere:
        return module("everywhere").events(call)
    show_events(town_of(call), call)
    return 0


def show_events(town: Town, call: Call, name: str = "") -> None:
    """name: of the town, where several are shown."""
    page = Page.on(sys.stdout)
    follow = call.values.get("follow", False)

    def show(event: Row) -> Row:
        if call.as_json:
            sys.stdout.write(dump({"town": name, **event} if name else event) + "\n")
        else:
            page.line(event_line(event, page))
        if follow:
            sys.stdout.flush()
        return {"after": event["position"], "index": event["index"]}

    town.call("events", call.values, show)


def event_line(told: Row, page: Page) -> str:
    event: Row = shown(told)
    kind = page.style(event["kind"], _KIND_STYLES.get(event["kind"], ""))
    entity = f"{kind}/{page.style(event['entity'], 'bold')}"
    said = " ".join(f"{name}={_short(value)}" for name, value in event["data"].items())
    line = f"{event['position']:>6} {event['time'][11:23]}  {event['type']:<22}  {entity}  "
    plain = len(line) - len(entity) + len(event["kind"]) + 1 + len(event["entity"])
    rest = Cell(f"{event['actor']}  {said}").text
    return line + page.style(rest[: max(20, page.width - plain)] if page.width else rest, "dim")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else dump(value)
    return text if len(text) <= 60 else f"{text[:59]}…"


def _show_log(story: list[Row], page: Page) -> None:
    on = ""
    for line in story:
        if line["time"][:10] != on:
            on = line["time"][:10]
            page.line(f"{on} UTC", "dim")
        kind = page.style(f"{line['kind']:<10}", _KIND_STYLES.get(line["kind"], ""))
        page.line(f"{line['time'][11:23]}  {kind}  {Cell(line['what']).text}{_by(line, page)}")


def _by(line: Row, page: Page) -> str:
    """Persons and workers are named; that the town itself does things goes without saying."""
    speaks = line["actor"] == "overseer" or line["actor"].startswith("polecat/")
    return page.style(f"  ({line['actor']})", "dim") if speaks else ""


def _show_why(why: Row, page: Page) -> None:
    if why.get("waits"):
        page.head(why["bead"], "is slung, and waits for a place")
        waits = [
            (Cell(one["where"] or "here", "bold"), one["reason"], Cell(one["hint"], "cyan")) for one in why["waits"]
        ]
        page.table(("WHERE", "WHY NOT", "WHAT HELPS"), waits)
        return
    page.head(why["commit"][:12], f"bead {why['bead']}, submission {why['submission']}")
    rows = [
        (
            Cell(step["position"], right=True),
            step["time"][11:23],
            Cell(f"{step['kind']}/{step['entity']}", "bold"),
            Cell(step["actor"], "dim"),
            step["what"],
        )
        for step in why["chain"]
    ]
    page.table(("POSITION", "TIME", "OF", "BY", "WHAT"), rows)


def _speed(text: str) -> float:
    """ "10", "0.5", "10x"."""
    try:
        value = float(text.removesuffix("x"))
    except ValueError:
        value = -1.0
    if not 0 <= value < 1e6:
        msg = "is a number: 10 is ten times as fast"
        raise ValueError(msg)
    return value


VERBS = (
    Verb(
        "events",
        "The log itself, one event a line",
        events,
        Flag("--after", "only those after this position", kind=number, meta="POSITION"),
        Flag("--follow", "go on with those to come", "-f", kind=None),
        Flag("--kind", "only of this kind of thing: bead, session, submission ...", meta="KIND"),
        Flag("--entity", "only of this one", meta="ID", names="bead"),
        AT,
    ),
    Verb(
        "replay",
        "The log played as it came, one event a line",
        Later("replaying:replay"),
        Flag("--from", "where to begin: a position, or a time as --at takes one", meta="POSITION|TIME", name="begin"),
        Flag("--to", "where to end", meta="POSITION|TIME", name="end"),
        Flag("--speed", "how many times as fast as it was: 10; 0 for no pauses", kind=_speed, meta="X"),
        Flag("--longest", "no pause is longer: 2s", kind=seconds, meta="TIME"),
    ),
    Verb("log", "A bead's story, a line an event", Ask("log", _show_log), BEAD, AT),
    Verb(
        "trace",
        "What led to what, and how long it took",
        Ask("trace", show_trace),
        Word("id", "a bead, a convoy or a trace", names="bead"),
        AT,
    ),
    Verb(
        "why",
        "From a landed commit back to the request; or why a bead has no place yet",
        Ask("why", _show_why),
        Word("commit", "the commit, or the first digits of it, or a bead", names="bead"),
        AT,
    ),
)
