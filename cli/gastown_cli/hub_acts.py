"""hub: what its verbs do. They need the hub's folder: it holds the password."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gastown import clock
from gastown.bus.logs import setup_logs
from gastown.errors import UnknownThingError, UsageError
from gastown.hub import place, service
from gastown.hub.keeping import Allot, Invite, Look, Revoke
from gastown.projections.rfc3339 import utc
from gastown_cli.asking import print_json
from gastown_cli.cold import answer, in_our_words
from gastown_cli.output import Cell, Page, day, duration, size
from gastown_cli.verbs import size as bytes_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gastown_cli.verbs import Call

_FOR = 24 * 3600.0
"""Seconds that an invitation holds where nothing is said."""
_SOON = 14.0
"""Days: a certificate with fewer left is shown in red. A hub that runs makes it anew after 30."""


@in_our_words
def init(call: Call) -> int:
    path = Path(call.values["path"]).absolute() if "path" in call.values else _usual(call.environment)
    usual, name = place.free_ports(), call.values.get("name", "")
    ports = (call.values.get("port", usual[0]), call.values.get("join_port", usual[1]))
    quota = call.values.get("quota", place.QUOTA)
    if "cluster" in call.values:
        return _init_machines(call, path, name, (*ports, call.values.get("cluster_port", usual[2])), quota)
    hosts = tuple(call.values.get("host", ()))
    hub = place.create(path, clock.new_id(), clock.now(), name=name, hosts=hosts, ports=ports, quota=quota)
    data = {"hub": hub.name, "path": str(path), "leaf_urls": hub.leaf_urls(), "join_urls": hub.join_urls()}
    where = "" if "host" in call.values else "; for this machine alone, since no --host was named"
    answer(call, 0, data, f"hub {hub.name} is at {path}{where}", f"start it: gt hub up --hub {path}")
    return 0


def _init_machines(call: Call, path: Path, name: str, ports: tuple[int, int, int], quota: int) -> int:
    if "host" in call.values:
        raise UsageError("--cluster names the hosts, each of one machine", "leave --host away")
    hosts = tuple(host.strip() for host in call.values["cluster"].split(","))
    hubs = place.create_machines(path, clock.new_id(), clock.now(), name=name, hosts=hosts, ports=ports, quota=quota)
    first = hubs[0]
    data = {"hub": first.name, "path": str(path), "leaf_urls": first.leaf_urls(), "join_urls": first.join_urls()}
    data |= {"machines": {hub.hosts[0]: str(hub.path) for hub in hubs}}
    what = f"hub {first.name} is to be on {len(hubs)} machines: {path} has a folder for each"
    answer(call, 0, data, what, "take each to its machine (it holds secrets); then, there: gt hub up --hub DIR")
    return 0


@in_our_words
def up(call: Call) -> int:
    hub = _hub(call)
    if call.values.get("foreground") or call.values.get("if_wanted"):
        service.stay(hub, if_wanted=bool(call.values.get("if_wanted")))
        answer(call, 0, {"hub": hub.name, "state": "down"}, f"hub {hub.name} is down")
        return 0
    said = service.start(hub)
    data = {"hub": hub.name, "state": "up", "leaf_urls": hub.leaf_urls(), "join_urls": hub.join_urls()}
    if said["trouble"]:
        answer(call, 0, data, f"this machine of the hub {hub.name} is up; {said['trouble']}")
        return 0
    answer(call, 0, data, f"hub {hub.name} is up, with {len(said['towns'])} towns", "let one in: gt hub invite TOWN")
    return 0


@in_our_words
def down(call: Call) -> int:
    hub = _hub(call)
    service.stop(hub)
    answer(call, 0, {"hub": hub.name, "state": "down"}, f"hub {hub.name} is down; its towns work on")
    return 0


@in_our_words
def status(call: Call) -> int:
    found = service.state(_hub(call))
    if call.as_json:
        print_json(0, found)
        return 0
    page = Page.on(sys.stdout)
    page.head(f"hub {found['hub']}", f"{found['state']}, wanted {found['wanted']}, at {found['path']}")
    page.line(f"towns connect to {', '.join(found['leaf_urls'])}; they join at {', '.join(found['join_urls'])}")
    if found["machines"]:
        page.line(f"on the machines {', '.join(found['machines'])}; {found['decides'] or 'none of them'} decides")
    _show_certificate("the server's certificate", found["certificate_days"], "gt hub up makes it anew", page)
    _show_certificate("its authority", found["authority_days"], "then every town joins again", page)
    if found["trouble"]:
        page.line(f"it does not answer: {Cell(found['trouble']).text}", "red")
    for invited in found["invitations"]:
        page.line(f"{Cell(invited['town']).text} is invited until {day(utc(invited['expires']))}")
    _show_towns(found["towns"], page)
    return 0


@in_our_words
def towns(call: Call) -> int:
    found = service.ask(_hub(call), Look())["towns"]
    if call.as_json:
        print_json(0, found)
    else:
        _show_towns(found, Page.on(sys.stdout))
    return 0


@in_our_words
def invite(call: Call) -> int:
    again = bool(call.values.get("again"))
    said = service.ask(_hub(call), Invite(call.values["member"], call.values.get("seconds", _FOR), again))
    if call.as_json:
        print_json(0, said)
        return 0
    page = Page.on(sys.stdout)
    page.line(said["invitation"])
    sys.stdout.flush()
    notes = Page.on(sys.stderr)  # so that the invitation alone is what a pipe gets
    notes.line(
        f"for {said['town']}, once, until {day(utc(said['expires']))}; whoever has it can join: send it privately",
        "dim",
    )
    notes.line("in the town: gt join INVITATION", "dim")
    return 0


@in_our_words
def quota(call: Call) -> int:
    try:
        wanted = bytes_of(call.values["quota"])
    except ValueError as error:
        raise UsageError(f"{call.values['quota']!r} {error}", "gt hub quota TOWN 50G") from error
    said = service.ask(_hub(call), Allot(call.values["member"], wanted))
    answer(call, 0, said, f"each copy of {said['town']} may take {size(said['quota'])}; one that stood still goes on")
    return 0


@in_our_words
def revoke(call: Call) -> int:
    said = service.ask(_hub(call), Revoke(call.values["member"]))
    answer(call, 0, said, f"{said['town']} is cut off; the copy of its log stays")
    return 0


def _hub(call: Call) -> place.HubConfig:
    setup_logs("gt", level="error")
    named = call.values.get("hub") or call.environment.get("GT_HUB", "")
    if named:
        return place.load(Path(named).absolute())
    here = Path(os.getcwd())
    for folder in (here, *here.parents):
        if (folder / place.FILE).is_file():
            return place.load(folder)
    try:
        return place.load(_usual(call.environment))
    except UnknownThingError as error:
        msg = "there is no hub here"
        raise UnknownThingError(msg, "gt hub ... --hub DIR, or make one: gt hub init DIR") from error


def _usual(environment: Mapping[str, str]) -> Path:
    home = environment.get("HOME", "")
    if not home:
        msg = "HOME is not set"
        raise UsageError(msg, "say where: gt hub init DIR")
    return Path(home, "gt-hub")


def _show_certificate(what: str, days: float, hint: str, page: Page) -> None:
    if days < 0:
        page.line(f"{what} expired {-days:.0f} days ago: no town can connect; {hint}", "red")
    else:
        page.line(f"{what} is valid for {days:.0f} days", "red" if days < _SOON else "dim")


def _show_towns(found: list[dict[str, Any]], page: Page) -> None:
    if not found:
        page.line("no towns yet: gt hub invite TOWN", "dim")
        return
    now = clock.now()
    rows: list[tuple[Cell, ...]] = []
    for one in found:
        last = f"no, last {day(utc(one['seen']))}" if one["seen"] else "not yet"
        there = Cell("yes", "green") if one["connected"] else Cell(one["gone"] or last, "red")
        age = Cell(duration(max(0.0, now - one["last_at"]))) if one["last_at"] else Cell("none", "dim")
        lag = f"{one['lag']}, at its limit of {size(one['limit'])}" if one["full"] else one["lag"]
        numbers = (Cell(one["position"], right=True), Cell(lag, "red" if one["full"] else "", right=True))
        rows.append((Cell(one["name"], "bold"), there, *numbers, age, Cell(one["incarnation"], "dim")))
    page.table(("TOWN", "THERE", "POSITION", "LAG", "LAST EVENT", "INCARNATION"), rows)
