"""What happened, told from events: a bead's story, the tree of a trace, the chain behind a landing. No tables."""

from collections.abc import Iterable, Sequence

from gastown.events.bead import BeadAssigned, BeadRetried, BeadReturned, BeadSlung
from gastown.events.codec import tag_of
from gastown.events.envelope import Recorded
from gastown.events.ids import Entity
from gastown.events.submission import LandingApproved, LandingIntended, SubmissionLanded
from gastown.projections.kernel.store import Record
from gastown.projections.rfc3339 import utc
from gastown.projections.words import words


def _in_order(events: Iterable[Recorded]) -> list[Recorded]:
    return sorted(events, key=lambda event: (event.position, event.index))


def story(events: Iterable[Recorded]) -> list[Record]:
    """One line an event, in order: {position, index, time, actor, kind, entity, type, what}."""
    return [{**_named(event), "what": words(event.envelope.data)} for event in _in_order(events)]


def _named(event: Recorded) -> Record:
    return {
        "position": event.position,
        "index": event.index,
        "time": utc(event.envelope.time),
        "actor": event.envelope.actor,
        "kind": event.entity.kind,
        "entity": event.entity.id,
        "type": tag_of(event.envelope.data),
    }


def trace_tree(events: Iterable[Recorded]) -> list[Record]:
    """What caused what: the requests from outside, in order, and below each the events it led to.

    A node: the fields of `story`, and {id, start, seconds, since_cause, children}. start: seconds since the epoch;
    seconds: from there to the last thing it led to; since_cause: how long after its cause it came. A root is a
    request: {command, actor, cause, start, seconds, children}; cause is "" where a person began it, and the id of an
    event that is not among the given ones where another trace did. A bead is given a place because it was slung, or
    came back; what a worker says hangs on its session.
    """
    ordered = _in_order(events)
    nodes = {event.envelope.id: _node(event) for event in ordered}
    by_id = {event.envelope.id: event for event in ordered}
    before = _predecessors(ordered)
    roots: dict[tuple[str, str], Record] = {}
    for event in ordered:
        node, cause = nodes[event.envelope.id], _hangs_on(event, by_id, before)
        parent = nodes.get(cause.envelope.id) if cause is not None else None
        if parent is None:
            root = roots.setdefault((event.envelope.command, event.envelope.cause), _root(event))
            root["children"].append(node)
        else:
            node["since_cause"] = node["start"] - parent["start"]
            parent["children"].append(node)
    # A cause comes before what it causes: from the end backwards every child is measured before its parent.
    for node in [*reversed(nodes.values()), *roots.values()]:
        ends = (child["start"] + child["seconds"] for child in node["children"])
        node["seconds"] = max(0.0, *(end - node["start"] for end in ends), 0.0)
    return list(roots.values())


def _node(event: Recorded) -> Record:
    told = {**_named(event), "what": words(event.envelope.data)}
    return {
        "id": event.envelope.id,
        **told,
        "start": event.envelope.time,
        "seconds": 0.0,
        "since_cause": 0.0,
        "children": [],
    }


def _root(event: Recorded) -> Record:
    envelope = event.envelope
    return {
        "command": envelope.command,
        "actor": envelope.actor,
        "cause": envelope.cause,
        "start": envelope.time,
        "seconds": 0.0,
        "children": [],
    }


def why_chain(events: Sequence[Recorded], commit: str) -> list[Record]:
    """From the request to the landing that brought `commit` (the worker's or the target's): what led to what.

    [{position, type, actor, time, kind, entity, what}], empty where none of the events is such a landing. A bead is
    given a place because it was slung, or came back, whoever else's end made the room. Where another cause is not
    among the events, or is a person's nod to what is under way, the entity's own event before stands for it.
    """
    ordered = _in_order(events)
    landing = next((event for event in ordered if _brought(event, commit)), None)
    if landing is None:
        return []
    by_id = {event.envelope.id: event for event in ordered}
    before = _predecessors(ordered)
    chain = [landing]
    while (cause := _cause_of(chain[-1], by_id, before)) is not None:  # always an earlier event: it ends
        chain.append(cause)
    told = ("position", "type", "actor", "time", "kind", "entity", "what")
    return [{name: line[name] for name in told} for line in story(chain)]


def _brought(event: Recorded, commit: str) -> bool:
    landed = event.envelope.data
    return isinstance(landed, SubmissionLanded) and commit in (landed.commit, landed.target_commit)


_LEADS_TO_A_PLACE = (BeadSlung, BeadReturned, BeadRetried)
_NODS = (BeadRetried, LandingApproved, LandingIntended)
"""What a person may say of work that was asked for before: no request of its own."""


def _predecessors(ordered: Sequence[Recorded]) -> dict[str, Recorded]:
    """The event before each on the same entity, by id; before a bead's place, the one that made it wait for one."""
    before: dict[str, Recorded] = {}
    last: dict[Entity, Recorded] = {}
    waited: dict[Entity, Recorded] = {}
    for event in ordered:
        known = waited if isinstance(event.envelope.data, BeadAssigned) else last
        if event.entity in known:
            before[event.envelope.id] = known[event.entity]
        last[event.entity] = event
        if isinstance(event.envelope.data, _LEADS_TO_A_PLACE):
            waited[event.entity] = event
    return before


def _hangs_on(event: Recorded, by_id: dict[str, Recorded], before: dict[str, Recorded]) -> Recorded | None:
    """Its cause; for a worker's own word the session's event before."""
    if event.envelope.cause == "" and event.envelope.actor.startswith("polecat/"):
        return before.get(event.envelope.id)
    return _cause_of(event, by_id, before)


def _cause_of(event: Recorded, by_id: dict[str, Recorded], before: dict[str, Recorded]) -> Recorded | None:
    if isinstance(event.envelope.data, BeadAssigned):
        return before.get(event.envelope.id)
    if event.envelope.cause == "":
        return before.get(event.envelope.id) if isinstance(event.envelope.data, _NODS) else None
    cause = by_id.get(event.envelope.cause)
    return cause if cause is not None and cause.position < event.position else before.get(event.envelope.id)
