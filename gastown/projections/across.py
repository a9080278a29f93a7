"""One story out of the logs of several towns: what one town wrote for another is the cause of what that one made of it.

Positions count within one log and clocks differ between machines: what was caused comes after its cause, whatever the
clocks say, and else what is earlier comes first. Pure.
"""

from collections.abc import Iterable, Sequence
from itertools import groupby

import msgspec

from gastown.events.bead import BeadReceived, BeadSlung
from gastown.events.envelope import Recorded
from gastown.events.handover import KIND as HANDOVER
from gastown.events.ids import Entity
from gastown.projections.kernel.store import Record

HEARD = "heard:"
"""A command that repeats another town's event has its id, with this in front."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What one town's log tells, in any order."""

    town: str
    events: tuple[Recorded, ...]


class Story(msgspec.Struct, frozen=True, kw_only=True):
    """events: numbered in the order of the story, ids of other towns as TOWN/ID. places: each one's town, position and
    index."""

    events: tuple[Recorded, ...]
    places: tuple[tuple[str, int, int], ...]


def other_towns(events: Iterable[Recorded]) -> list[str]:
    """Those that had to do with it, in the order that they are met with."""
    found: list[str] = []
    for event in events:
        fact = event.envelope.data
        if event.entity.kind == HANDOVER:
            found.append(event.entity.id.partition(".")[0])
        elif isinstance(fact, BeadReceived):
            found.append(fact.town)
    return list(dict.fromkeys(found))


def offered_to(events: Iterable[Recorded]) -> list[str]:
    """The towns with which this town may have talked about the bead, by the bead's own events."""
    found: list[str] = []
    for event in events:
        fact = event.envelope.data
        if isinstance(fact, BeadSlung):
            found += fact.to
        elif isinstance(fact, BeadReceived):
            found.append(fact.town)
    return list(dict.fromkeys(found))


def joined(told: Sequence[Told], here: str) -> Story:
    """here: the town whose ids stay as they are."""
    events: list[Recorded] = []
    places: list[tuple[str, int, int]] = []
    for town, message in _in_order(told):
        for event in message:
            entity = event.entity if town == here else Entity(event.entity.kind, f"{town}/{event.entity.id}")
            envelope = msgspec.structs.replace(event.envelope, cause=_cause(event))
            events.append(Recorded(position=len(events) + 1, index=0, entity=entity, envelope=envelope))
            places.append((town, event.position, event.index))
    return Story(events=tuple(events), places=tuple(places))


def _in_order(told: Sequence[Told]) -> Iterable[tuple[str, Sequence[Recorded]]]:
    queues = {one.town: _messages(one.events)[::-1] for one in told}
    waiting = {event.envelope.id for one in told for event in one.events}
    while any(queues.values()):
        heads = [(town, queue[-1]) for town, queue in queues.items() if queue]
        ready = [(town, message) for town, message in heads if not _waits(message, waiting)]
        town, message = min(ready or heads, key=lambda head: head[1][0].envelope.time)
        queues[town].pop()
        waiting -= {event.envelope.id for event in message}
        yield town, message


def _waits(message: Sequence[Recorded], waiting: set[str]) -> bool:
    """For what another town wrote: within one log what comes first is first."""
    return any(event.envelope.command.startswith(HEARD) and _cause(event) in waiting for event in message)


def _messages(events: Iterable[Recorded]) -> list[list[Recorded]]:
    ordered = sorted(events, key=lambda event: (event.position, event.entity, event.index))
    return [list(group) for _, group in groupby(ordered, key=lambda event: (event.position, event.entity))]


def _cause(event: Recorded) -> str:
    envelope = event.envelope
    return envelope.cause or (envelope.command.removeprefix(HEARD) if envelope.command.startswith(HEARD) else "")


def put_back(story: Story, rows: Iterable[Record]) -> None:
    """Into these rows, and all below them: `town`, and the position in that town's log."""
    pending = list(rows)
    while pending:
        row = pending.pop()
        pending += row.get("children", ())
        if "position" in row:
            number: int = row["position"]
            town, position, index = story.places[number - 1]
            row |= {"town": town, "position": position} | ({"index": index} if "index" in row else {})
        if "since_cause" in row:
            row["since_cause"] = max(0.0, row["since_cause"])  # two clocks
