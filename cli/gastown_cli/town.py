"""install, up, down, doctor, demo, bench, verify, rebuild."""

from __future__ import annotations

import sys

from gastown_cli.asking import Ask, Later, print_json, town_of
from gastown_cli.output import Cell, Page, shown
from gastown_cli.verbs import Flag, Verb, Word, number

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.verbs import Call

_UNSUCCESSFUL = 7


def _show_verified(found: dict[str, Any], page: Page) -> None:
    for name, what in (("log", "the log has no gap"), ("views", "every view is what the log says")):
        _show_mark(found[name], what, page)
    for rig in found["rigs"]:
        what = f"git has what rig {rig['rig']} landed ({rig['landed']}) and pinned ({rig['pins']})"
        _show_mark(not rig["complaints"], what, page)
    _show_complaints(found["complaints"], page)


def _show_complaints(complaints: list[str], page: Page) -> None:
    for complaint in complaints:
        page.line(f"        {Cell(complaint).text}", "red")


def _show_mark(ok: bool, what: str, page: Page) -> None:
    page.line(f"{page.style('ok    ', 'green') if ok else page.style('failed', 'red')}  {what}")


def _show_all_verified(found: dict[str, Any], page: Page) -> None:
    _show_verified(found["here"], page)
    for town in found["towns"]:
        if town["copy"] is None and not town["complaints"]:
            page.line("        the town is a member of no hub", "dim")
        else:
            _show_mark(not town["complaints"], f"the hub's copy of {town['town']} is what it must be", page)
        _show_complaints(town["complaints"], page)
    _show_mark(not found["beads"], "every bead has one home, and landed once", page)
    _show_complaints(found["beads"], page)


def _ok(found: dict[str, Any]) -> int:
    return 0 if found["ok"] else _UNSUCCESSFUL


_here = Ask("verify", _show_verified, exit_code=_ok)


def _verify(call: Call) -> int:
    if not call.values.get("all"):
        return _here(call)
    town = town_of(call)
    _, here = town.call("verify", {})
    position, found = town.call("towns.verify", {})
    data = {"ok": here["ok"] and found["ok"], "here": here, "towns": found["towns"], "beads": found["beads"]}
    if call.as_json:
        print_json(position, data)
    else:
        _show_all_verified(shown(data), Page.on(sys.stdout))
    return _ok(data)


def _show_rebuilt(found: dict[str, Any], page: Page) -> None:
    page.line(f"every view made anew from {found['events']} events")


VERBS = (
    Verb(
        "install",
        "Make a new town",
        Later("cold:install"),
        Word("path", "its folder, new or empty; ~/gt where none is named", needed=False),
        Flag("--name", "what it is called, if not as its folder", meta="NAME"),
    ),
    Verb(
        "up",
        "Start the town; returns when it answers",
        Later("cold:up"),
        Flag("--foreground", "stay, and be what keeps the town running", kind=None),
        Flag("--if-wanted", "for units: stay as long as it is wanted up; after gt down, do nothing", kind=None),
    ),
    Verb("down", "Stop the town, its workers too; their work is kept and goes on after gt up", Later("cold:down")),
    Verb(
        "verify",
        "Prove that log, views and git agree",
        _verify,
        Flag("--all", "and that the hub's copies of all towns' logs do, with one home for each bead", kind=None),
    ),
    Verb("rebuild", "Make every view anew from the log", Ask("rebuild", _show_rebuilt)),
    Verb(
        "doctor",
        "What is wrong here, and how it is mended; works also when the town is down",
        Later("doctor:run"),
        Flag("--fix", "end orphans, make private what must be, remove stale drafts", kind=None),
    ),
    Verb(
        "demo",
        "See a whole town at work, in a temporary folder",
        Later("demo:run"),
        Flag("--keep", "leave the town to play with", kind=None),
        Flag("--towns", "3: a hub and so many towns, one of which is lost and adopted", kind=number, meta="NUMBER"),
    ),
    Verb(
        "bench",
        "Measure this machine",
        Later("bench:run"),
        Flag("--quick", "smaller amounts", kind=None),
        Flag("--only", "this part only; may be repeated", many=True, meta="PART"),
    ),
)
