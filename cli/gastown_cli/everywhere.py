"""The answers of all towns of the hub, one below the other, and how old what is known of another town is."""

from __future__ import annotations

import sys

from gastown_cli.asking import print_json, town_meant
from gastown_cli.calling import Town
from gastown_cli.history import show_events
from gastown_cli.naming import named
from gastown_cli.output import Page, duration, shown
from gastown_cli.trouble import CommandFailedError, usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from gastown_cli.asking import Ask
    from gastown_cli.verbs import Call

    Row = dict[str, Any]


_GONE = {"left": "has left the hub", "revoked": "was revoked"}
_HERE = {"age": 0.0, "connected": True, "gone": ""}


def ask(call: Call, asking: Ask) -> int:
    """In JSON a list of {town, position, at, age, connected, data}, or {town, error} where one cannot be read."""
    answers = list(_answers(call, asking))
    position = next((one["position"] for one in answers if one.get("here")), 0)
    if call.as_json:
        told = [{name: value for name, value in one.items() if name != "here"} for one in answers]
        print_json(position, told)
    else:
        _show(answers, asking, Page.on(sys.stdout))
    return max((asking.exit_code(one["data"]) for one in answers if "data" in one), default=0)


def _answers(call: Call, asking: Ask) -> Iterator[Row]:
    """What is unknown in a town is left out, unless it is so everywhere. Raises CommandFailedError."""
    unknown: CommandFailedError | None = None
    found = False
    for town, name in _towns(call):
        try:
            position, data = town.call(asking.method, asking.prepare(dict(call.values)))
        except CommandFailedError as failure:
            if not town.of and failure.code != "unknown":
                raise
            if failure.code == "unknown":
                unknown = unknown or failure
                continue
            yield {"town": name, "error": {"code": failure.code, "message": failure.message, "hint": failure.hint}}
            continue
        found = True
        about = town.seen or {"town": name, "at": None, **_HERE, "here": True}
        yield {**about, "position": position, "data": named(name, data)}
    if unknown is not None and not found:
        raise unknown


def _towns(call: Call) -> Iterator[tuple[Town, str]]:
    """This one first. Raises CommandFailedError."""
    environment = dict(call.environment)
    here = town_meant(call.town, environment)
    if here.of:
        raise usage(f"--town {call.town} is one town, and --all are all", "leave out one of them")
    _, known = here.call("towns.known", {})
    yield here, known["here"]
    for name in known["others"]:
        yield Town(here.at_hand, environment, of=name), name


def _show(answers: list[Row], asking: Ask, page: Page) -> None:
    for number, one in enumerate(answers):
        if number:
            page.line()
        if "error" in one:
            page.line(f"{page.style(one['town'], 'bold')}: {shown(one['error']['message'])}", "red")
            page.line(f"    {shown(one['error']['hint'])}", "dim")
            continue
        _head(one, page)
        asking.show(one["data"] if asking.verbatim else shown(one["data"]), page)


def _head(one: Row, page: Page) -> None:
    if one.get("here"):
        page.line(f"{page.style(one['town'], 'bold')}{page.style(': here', 'dim')}")
    else:
        show_age(one, page)


def show_age(seen: Row, page: Page) -> None:
    """ "b: as of 2 s ago", "c: away for 3 h 00 m, as of then"."""
    age = seen["age"]
    if age is None:
        said = "away, and nobody knows since when" if not seen["connected"] else "nobody knows how old this is"
    elif seen["connected"]:
        said = f"as of {duration(age)} ago"
    else:
        said = f"away for {duration(age)}, as of then"
    if seen.get("gone"):
        said = f"{_GONE[seen['gone']]}; {said}"
    page.line(f"{page.style(shown(seen['town']), 'bold')}: {said}", "" if seen["connected"] else "yellow")


def events(call: Call) -> int:
    """Of one town after the other."""
    if call.values.get("follow"):
        raise usage("--follow is of one town at a time", "gt events --follow --town TOWN")
    page = Page.on(sys.stdout)
    for town, name in _towns(call):
        if not call.as_json:
            page.head(name)
        show_events(town, call, name)
    return 0
