"""host: other machines on which the town's sessions may run. What is done there needs no town on that machine."""

from __future__ import annotations

import sys

from gastown_cli.asking import Ask, Later, print_json, town_of
from gastown_cli.output import Cell, Page, day, shown
from gastown_cli.verbs import AT, Flag, Verb, Word, number, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.verbs import Call

_NAME = Word("name", "what the host is called", meta="NAME")
_DIR = Word("path", "the host's folder", meta="DIR")


def _invite(call: Call) -> int:
    """The invitation alone is what a pipe gets."""
    asked = dict(call.values)
    asked["addresses"] = tuple(asked.pop("address", ()))
    position, said = town_of(call).call("host.invite", asked)
    if call.as_json:
        print_json(position, said)
        return 0
    said = shown(said)
    Page.on(sys.stdout).line(said["invitation"])
    sys.stdout.flush()
    notes = Page.on(sys.stderr)
    notes.line(
        f"for host {said['name']}, once, until {day(said['expires'])}; whoever has it can join: send it privately",
        "dim",
    )
    notes.line(f"it leads to {', '.join(said['urls'])}; there: gt host join INVITATION DIR", "dim")
    return 0


def _show_list(found: list[dict[str, Any]], page: Page) -> None:
    if not found:
        page.line("all work is done on this machine: gt host invite NAME --address THIS-MACHINE", "dim")
        return
    rows = [
        (
            Cell(one["name"], "bold"),
            Cell(one["state"], _COLOURS.get(one["state"], "red")),
            Cell(day(one["expires"]) if one["state"] == "invited" else day(one["since"])),
            Cell(one["machine"] or "", "dim"),
            Cell(one["slots"], right=True),
            Cell(one["sessions"], right=True),
        )
        for one in found
    ]
    page.table(("HOST", "STATE", "SINCE (INVITED: UNTIL)", "MACHINE", "SLOTS", "SESSIONS"), rows)


_COLOURS = {
    "up": "green",
    "silent": "yellow",
    "closing": "yellow",
    **dict.fromkeys(("invited", "awaited", "down", "left", "revoked"), "dim"),
}


def _show_revoked(found: dict[str, Any], page: Page) -> None:
    page.line(f"{found['name']} is cut off; what its sessions were at goes on elsewhere")


VERBS = (
    Verb(
        "host invite",
        "Print an invitation: with it another machine may run sessions of this town, under that name",
        _invite,
        _NAME,
        Flag("--slots", "the most sessions that it is given: 4", kind=number),
        Flag("--for", "how long it holds: 24h", kind=seconds, meta="TIME", name="seconds"),
        Flag("--address", "a name or address of this machine, at which that one reaches it", many=True, meta="HOST"),
    ),
    Verb(
        "host list", "The other machines: up or since when not, and what is with them", Ask("host.list", _show_list), AT
    ),
    Verb(
        "host revoke",
        "Cut a machine off at once; its beads are worked elsewhere",
        Ask("host.revoke", _show_revoked),
        _NAME,
    ),
    Verb(
        "host join",
        "On another machine: make a folder there a host of the town that invited it",
        Later("host_acts:join"),
        Word("invitation", "as gt host invite printed it", meta="INVITATION"),
        _DIR,
        Flag("--slots", "how many sessions it takes; without it, one for each processor", kind=number),
    ),
    Verb(
        "host up",
        "There: start the host; it runs sessions as soon as the town gives it some",
        Later("host_acts:up"),
        _DIR,
        Flag("--foreground", "stay, and be what keeps the host running", kind=None),
        Flag("--if-wanted", "for units: stay as long as it is wanted up; after gt host down, do nothing", kind=None),
    ),
    Verb(
        "host down",
        "There: stop the host, its sessions too; their work goes on elsewhere",
        Later("host_acts:down"),
        _DIR,
    ),
    Verb(
        "host leave",
        "There: stop the host, and have the town count on it no more; the folder may be deleted then",
        Later("host_acts:leave"),
        _DIR,
    ),
)
