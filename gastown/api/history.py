"""events, log, trace, why: what happened, and what led to it."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Any

import msgspec

from gastown.actors.errands import AskCommit, CommitFacts
from gastown.api import elsewhere, stories
from gastown.api.beads import One as OneBead
from gastown.api.beads import about_one
from gastown.api.beads import known as known_bead
from gastown.api.call import Call, Method, Reply
from gastown.api.depth import shallow
from gastown.api.desk import Desk
from gastown.api.elsewhere import Found
from gastown.clock import now
from gastown.errors import RefusedError, UnknownThingError, UsageError
from gastown.events.codec import tag_of
from gastown.events.envelope import Recorded
from gastown.events.fact import Fact
from gastown.events.ids import Entity
from gastown.events.unreadable import Unreadable
from gastown.moments import moment
from gastown.projections import around, beads, convoys, history, merge_queue, rigs, room
from gastown.projections.across import put_back
from gastown.projections.kernel.store import Record
from gastown.projections.rfc3339 import utc
from gastown.projections.when import last_until

_COMMIT_PATIENCE = 60.0  # seconds


class Events(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Events beyond (after, index); index None: all of message `after` have been seen.

    since: from this moment on. kind: of the entity ("bead"). entity: its id, or "kind/id".
    """

    after: int = 0
    since: str | None = None
    index: int | None = None
    follow: bool = False
    kind: str | None = None
    entity: str | None = None


class OneThing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A bead, a convoy or a trace."""

    id: str


class OneCommit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    commit: str


async def _events(call: Call, params: Events) -> Reply:
    """Streams them; the reply says how many, and where the log then stood."""
    count, start = 0, await _start(call, params)
    position = start
    async with aclosing(_messages(call, start, follow=params.follow)) as chunks:
        async for chunk in chunks:
            for event in (event for message in chunk for event in message if _is_wanted(event, params)):
                await call.emit(_shown(event))
                count += 1
            position = chunk[-1][-1].position
    return Reply(max(position, 0), {"events": count})


async def _start(call: Call, params: Events) -> int:
    """Behind which position the reading begins."""
    seen = params.after - (params.index is not None)
    if params.since is None:
        return max(seen, 0)
    since = moment(params.since, now())
    if isinstance(since, int):
        return max(seen, since - 1, 0)
    return max(seen, await last_until(call.desk.log, since))


async def _messages(call: Call, after: int, *, follow: bool) -> AsyncGenerator[Sequence[tuple[Recorded, ...]]]:
    log = call.desk.log
    if follow:
        async with aclosing(log.follow(after=after)) as chunks:
            async for chunk in chunks:
                yield chunk
        return
    async with aclosing(log.read(after=after, until=call.then.position if call.then else None)) as messages:
        async for message in messages:
            yield (message,)


def _is_wanted(event: Recorded, params: Events) -> bool:
    if params.index is not None and event.position == params.after and event.index <= params.index:
        return False
    if params.kind is not None and event.entity.kind != params.kind:
        return False
    return params.entity in (None, event.entity.id, str(event.entity))


def _shown(event: Recorded) -> dict[str, Any]:
    envelope = event.envelope
    return {
        "position": event.position,
        "index": event.index,
        "id": envelope.id,
        "type": tag_of(envelope.data),
        "kind": event.entity.kind,
        "entity": event.entity.id,
        "time": utc(envelope.time),
        "actor": envelope.actor,
        "command": envelope.command,
        "cause": envelope.cause,
        "correlation": envelope.correlation,
        "trace": _trace_of(event),
        "data": _data_of(envelope.data),
    }


def _data_of(fact: Fact) -> dict[str, Any]:
    if isinstance(fact, Unreadable):
        return {"why": fact.why, "schema": fact.schema, "raw": fact.raw.decode(errors="replace")}
    return {name: value for name, value in msgspec.to_builtins(fact).items() if name != "type"}


def _trace_of(event: Recorded) -> str:
    """The W3C trace id it was decided in."""
    parts = event.envelope.traceparent.split("-")
    return parts[1] if len(parts) == 4 else event.envelope.correlation


async def _nothing(desk: Desk, params: Events) -> list[Entity]:
    """The log itself is read: no view of it is needed."""
    del desk
    if params.follow:
        raise UsageError("what is yet to come is not before any moment", "leave out --follow or --at")
    return []


async def _log(call: Call, params: OneBead) -> Reply:
    known_bead(call, params.bead)
    return call.reply(history.story(await stories.of_bead(call, params.bead)))


async def _trace(call: Call, params: OneThing) -> Reply:
    kind, found = await _about(call, params.id)
    roots = history.trace_tree(found.story.events)
    put_back(found.story, roots)
    ordered = found.story.events
    traces = list(dict.fromkeys(event.envelope.correlation for event in ordered))
    shown = {"id": params.id, "kind": kind, "traces": traces, "events": len(ordered), "roots": shallow(roots)}
    return call.reply(shown | found.towns())


async def _about(call: Call, key: str) -> tuple[str, Found]:
    """What it is the id of, and the events. Raises UnknownThingError."""
    if beads.show(call.store, key) is not None:
        return "bead", await elsewhere.of_beads(call, [key], await stories.of_bead(call, key))
    convoy = convoys.show(call.store, key)
    if convoy is not None:
        members = [bead["id"] for bead in convoy["beads"]]
        return "convoy", await elsewhere.of_beads(call, members, await stories.of_convoy(call, key, members))
    events = await stories.of_trace(call, key)
    if not events:
        raise UnknownThingError(f"no bead, convoy or trace {key!r}", "gt bead list, gt convoy list")
    return "trace", await elsewhere.of_trace(call, key, events)


async def _about_thing(desk: Desk, params: OneThing) -> list[Entity] | None:
    return await around.bead_or_convoy(desk.store, desk.log, params.id)


async def _why(call: Call, params: OneCommit) -> Reply:
    """Of a bead that waits for a place: what keeps it from each."""
    if waits := room.waits(call.store, params.commit):
        told = [msgspec.structs.asdict(one) for one in waits]
        return call.reply(
            {"commit": "", "landing": "", "bead": params.commit, "submission": "", "chain": [], "waits": told}
        )
    facts = await _landing_of(call, _commit_meant(call, params.commit))
    async with elsewhere.town_that_landed(call, facts.submission) as there:
        submission = merge_queue.show(there.store, facts.submission)
        if submission is None or not submission["target_commit"]:
            if call.then is not None:
                raise UnknownThingError(f"{facts.commit} had not landed by then", "leave out --at")
            msg = f"{facts.commit} was landed by {facts.submission}, which no town that can be read here knows"
            raise UnknownThingError(msg, "another town landed it: ask there")
        bead = submission["bead"]
        found = await elsewhere.of_beads(there, [bead], await stories.of_bead(there, bead))
    chain = history.why_chain(found.story.events, submission["target_commit"])
    put_back(found.story, chain)
    shown = {"commit": facts.commit, "landing": facts.landing, "bead": facts.bead, "submission": facts.submission}
    return call.reply({**shown, "chain": chain, **found.towns()})


def _commit_meant(call: Call, named: str) -> str:
    """A commit, or a bead that has landed, whose landing is meant then. Raises RefusedError."""
    bead = beads.show(call.store, named)
    if bead is None:
        return named
    if not bead["landed_commit"]:
        raise RefusedError(f"{named} has not landed: it is {bead['state']}", f"how far it is: gt trace {named}")
    return str(bead["landed_commit"])


async def _landing_of(call: Call, commit: str) -> CommitFacts:
    """The landing that brought it, in whichever rig has it. Raises UnknownThingError, RefusedError."""
    if call.of is not None:
        return _landing_in(call, commit)
    seen: CommitFacts | None = None
    for rig in rigs.listing(call.store):
        try:
            found = await call.ask(AskCommit(rig=rig["name"], commit=commit), CommitFacts, _COMMIT_PATIENCE)
        except UnknownThingError:
            continue
        if found.landing:
            return found
        seen = seen or found
    if seen is None and call.then is None and (elsewhere_landed := await elsewhere.landing_of(call, commit)):
        return _facts(elsewhere_landed)
    if seen is None:
        raise UnknownThingError(f"no rig of this town has a commit {commit}", "gt report shows what landed")
    raise RefusedError(f"{seen.commit} was not landed by this town", "git log shows who made it")


def _landing_in(call: Call, commit: str) -> CommitFacts:
    """Of another town only the log is here, not its git."""
    found = merge_queue.landing_of(call.store, commit.lower())
    if found is None:
        msg = "no landing of the town has this commit, neither as the target's nor as a worker's"
        raise UnknownThingError(f"{commit}: {msg}", "gt report shows what landed")
    return _facts(found)


def _facts(landed: Record) -> CommitFacts:
    landing = landed["target_commit"]
    return CommitFacts(commit=landing, landing=landing, bead=landed["bead"], submission=landed["submission"])


METHODS: dict[str, Method[Any]] = {
    "events": Method(run=_events, params=Events, workers=True, timed=True, about=_nothing, log_only=True),
    "log": Method(run=_log, params=OneBead, workers=True, timed=True, about=about_one),
    "trace": Method(run=_trace, params=OneThing, workers=True, timed=True, about=_about_thing),
    "why": Method(run=_why, params=OneCommit, workers=True, timed=True),
}
