"""replay: the log played as it came."""

from __future__ import annotations

import sys
import time
from datetime import datetime

from gastown_cli.asking import town_of
from gastown_cli.history import event_line
from gastown_cli.output import Page
from gastown_cli.quick_json import dump
from gastown_cli.trouble import usage

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from gastown_cli.calling import Town
    from gastown_cli.verbs import Call

    Row = dict[str, Any]

PAGE = 500
"""Positions fetched at a time: between them the town need not be there."""
LONGEST_GAP = 2.0  # seconds


def replay(call: Call) -> int:
    """One event a line, with the pauses there were between them, made shorter."""
    town, page, values = town_of(call), Page.on(sys.stdout), call.values
    begin, end = _after(town, values.get("begin", "1")), _position(town, values.get("end"))
    if begin >= end:
        raise usage(f"there is nothing to play: it would end at position {end}", "--from comes before --to")
    speed, longest = values.get("speed", 1.0), values.get("longest", LONGEST_GAP)
    before = 0.0
    for event in _events(town, begin, end):
        then = datetime.fromisoformat(event["time"]).timestamp()
        if before and speed:
            time.sleep(min(max(then - before, 0.0) / speed, longest))
        before = then
        if call.as_json:
            sys.stdout.write(dump(event) + "\n")
        else:
            page.line(event_line(event, page))
        if speed:
            sys.stdout.flush()
    return 0


def _after(town: Town, moment: str) -> int:
    """The position behind which what happened from then on begins: a position is itself still played."""
    position = _position(town, moment)
    return max(position - 1, 0) if moment.strip().isdigit() else position


def _position(town: Town, moment: str | None) -> int:
    return town.call("ping", {} if moment is None else {"at": moment})[0]


def _events(town: Town, after: int, end: int) -> Iterator[Row]:
    while after < end:
        until = min(after + PAGE, end)
        found: list[Row] = []

        def take(event: Row, found: list[Row] = found) -> Row:
            found.append(event)
            return {"after": event["position"], "index": event["index"]}

        town.call("events", {"after": after, "at": str(until)}, take)
        yield from found
        after = until
