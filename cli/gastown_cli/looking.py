"""status, agents, peek, diff, branches, escalations: how things stand."""

from __future__ import annotations

import sys

from gastown_cli.accounts import show_out
from gastown_cli.asking import Ask, Later, town_of
from gastown_cli.asks import show_list as show_asks
from gastown_cli.budgets import show_budgets
from gastown_cli.holds import show_holds
from gastown_cli.output import STATES, Cell, Page, day, size, state
from gastown_cli.queue import show_list as show_queue
from gastown_cli.quick_json import dump
from gastown_cli.verbs import AT, BEAD, RIG, Flag, Verb, Word, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.verbs import Call

    Row = dict[str, Any]

_BEAD_STATES = ("open", "slung", "running", "submitted", "blocked", "escalated", "parked", "landed", "closed")


def _show_status(status: Row, page: Page) -> None:
    here = page.style(status["state"] or "new", STATES.get(status["state"], "dim"))
    page.line(f"{page.style(status['town'], 'bold')}  {here}  position {status['position']}, {status['events']} events")
    processes = "   ".join(f"{one['name']} {one['pid']} ({size(one['rss'])})" for one in status["processes"])
    beads = status["counts"]["beads"]
    counted = ", ".join(f"{beads[name]} {name}" for name in _BEAD_STATES if beads.get(name))
    page.pairs((("processes", processes), ("beads", counted or "none")), indent="  ")
    if status["holds"]:
        page.line()
        show_holds(status["holds"], page)
    if status["budgets"]:
        page.line()
        show_budgets(status["budgets"], page)
    if status["accounts"]:
        page.line()
        show_out(status["accounts"], page)
    _show_rigs(status["rigs"], page)
    _show_polecats(status["polecats"], page)
    if status["queue"]:
        page.line()
        show_queue(status["queue"], page)
    _show_parked(status["parked"], page)
    if status["asks"]:
        page.line()
        page.line(f"{len(status['asks'])} ask you", "red")
        show_asks(status["asks"], page)
    if status["escalations"]:
        page.line()
        page.line(f"{len(status['escalations'])} need you", "red")
        _show_escalations(status["escalations"], page)


def _show_rigs(rigs: list[Row], page: Page) -> None:
    if rigs:
        page.line()
        rows = [(Cell(rig["name"], "bold"), state(rig["state"]), rig["target"], rig["origin"]) for rig in rigs]
        page.table(("RIG", "STATE", "TARGET", ""), rows)


def _show_polecats(polecats: list[Row], page: Page) -> None:
    if polecats:
        page.line()
        rows = [
            (Cell(one["address"], "bold"), state(one["state"]), one["agent"], one["pid"], one["session"])
            for one in polecats
        ]
        page.table(("POLECAT", "STATE", "AGENT", "PID", "SESSION"), rows)


def _show_parked(parked: list[Row], page: Page) -> None:
    if parked:
        page.line()
        rows = [
            (Cell(f"{one['kind']}/{one['id']}", "bold"), Cell(one["position"], right=True), one["why"])
            for one in parked
        ]
        page.table(("PARKED", "POSITION", "WHY"), rows)
        page.line(parked[0]["hint"], "dim")


def _show_agents(agents: list[Row], page: Page) -> None:
    away = any(one["host"] for one in agents)
    rows = [
        (
            Cell(one["address"], "bold"),
            one["role"],
            state(one["state"]),
            one["agent"],
            *((one["host"],) if away else ()),
            one["pid"],
            one["bead"],
        )
        for one in agents
    ]
    page.table(("ADDRESS", "ROLE", "STATE", "AGENT", *(("HOST",) if away else ()), "PID", "BEAD"), rows)


_ask_agents = Ask("agents", _show_agents)
_look_for_orphans = Later("doctor:orphans")


def _agents(call: Call) -> int:
    return (_look_for_orphans if call.values.pop("orphans", None) else _ask_agents)(call)


def _show_peek(peek: Row, page: Page) -> None:
    on = f"on {peek['host']}" if peek["host"] else ""
    note = " ".join(filter(None, (peek["address"], on, peek["state"], peek["outcome"])))
    page.head(peek["session"], note)
    page.block(peek["text"])


def _follow(call: Call) -> int:
    """As it comes. Cut off and called again, it goes on where it was."""
    page = Page.on(sys.stdout)

    def show(part: Row) -> Row:
        if call.as_json:
            sys.stdout.write(dump(part) + "\n")
        else:
            page.block(part["text"].rstrip("\n"))
        sys.stdout.flush()
        return {"offset": part["offset"]}

    values = {name: value for name, value in call.values.items() if name != "follow"}
    town_of(call).call("follow", values, show)
    return 0


class _Peek(Ask):
    """Once, or as it goes on."""

    def __call__(self, call: Call) -> int:
        return _follow(call) if call.values.get("follow") else super().__call__(call)


def _show_diff(diff: Row, page: Page) -> None:
    if not diff["patch"]:
        page.line("no changes yet", "dim")
        return
    if not page.color:
        page.verbatim(diff["patch"])
        return
    for line in diff["patch"].splitlines():
        page.line(Cell(line.replace("\t", "    ")).text, _DIFF_STYLES.get(line[:1], ""))


_DIFF_STYLES = {"+": "green", "-": "red", "@": "cyan", "d": "bold"}


def _show_branches(branches: list[Row], page: Page) -> None:
    if not branches:
        page.line("nothing was kept", "dim")
        return
    rows = [
        (Cell(one["bead"], "bold"), one["rig"], one["commit"][:12], one["branch"], one["reason"]) for one in branches
    ]
    page.table(("BEAD", "RIG", "COMMIT", "BRANCH", "REASON"), rows)


def _show_escalations(escalations: list[Row], page: Page) -> None:
    if not escalations:
        page.line("nothing needs you", "dim")
        return
    for one in escalations:
        color = "red" if one["severity"] in ("critical", "high") else "yellow"
        over = "" if one["state"] == "open" else f" (settled: {one['how']})"
        what = f"{page.style(one['about'], 'bold')}  {page.style(one['severity'], color)}"
        page.line(f"{what}  {Cell(one['reason']).text}{over}")
        page.line(f"    {Cell(one['hint']).text}  {page.style(day(one['raised_at']), 'dim')}")


VERBS = (
    Verb("status", "The town at a glance", Ask("status", _show_status), AT),
    Verb(
        "agents",
        "Who there is, and what each does",
        _agents,
        RIG,
        AT,
        Flag("--orphans", "instead: processes of this town that belong to no running session", kind=None),
    ),
    Verb(
        "peek",
        "The last lines a worker printed",
        _Peek("peek", _show_peek),
        Word("address", "an address, a session or a bead", names="session"),
        Flag("--follow", "go on with what is printed, until the session ends", "-f", kind=None),
        Flag("--lines", "how many", "-n", kind=number, meta="N"),
    ),
    Verb("diff", "What a bead's worker has changed", Ask("diff", _show_diff, verbatim=True), BEAD),
    Verb("branches", "What attempts left behind, kept", Ask("branches", _show_branches), RIG, AT),
    Verb(
        "escalations",
        "What only you can move, and the command that does",
        Ask("escalations", _show_escalations),
        Flag("--all", "those that are settled, too", kind=None),
        AT,
    ),
)
