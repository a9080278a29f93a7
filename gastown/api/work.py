"""sling, unsling, retry, wait."""

from typing import Any

import anyio
import msgspec

from gastown.actors.commands.abroad import RecallBead
from gastown.actors.commands.mayor import MAYOR, RetryBead, SlingBeads, UnslingBead
from gastown.api.beads import One, WithReason
from gastown.api.beads import known as known_bead
from gastown.api.call import Call, Method, Reply
from gastown.api.convoys import new_convoy_id
from gastown.api.placing import destinations
from gastown.api.policies import refuse_unasking
from gastown.api.taking_back import ordered
from gastown.clock import monotonic
from gastown.errors import UnknownThingError
from gastown.events.bead import AgentChanged, BeadSlung
from gastown.projections import beads as bead_view
from gastown.projections import definitions, holds, rigs
from gastown.projections.kernel.store import Record
from gastown.projections.waiting import Outlook, outlook

_SPARING = 20.0
"""How many times as long as a look took until the next one: a caller who waits for hundreds of beads, each of which
changes a dozen times, otherwise took a tenth of the town's time (2 ms a look, measured)."""


class Sling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """words: beads; the last one may name a rig. agent "": the default one. to: TOWN, TOWN/RIG or any, the first choice
    first; none: they are worked on here."""

    words: tuple[str, ...]
    agent: str = ""
    to: tuple[str, ...] = ()


class Wait(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """ids: beads and convoys. timeout: seconds, None for ever."""

    ids: tuple[str, ...]
    timeout: float | None = None


async def _sling(call: Call, params: Sling) -> Reply:
    beads, rig = params.words, ""
    if len(beads) > 1 and rigs.show(call.store, beads[-1]) is not None:
        beads, rig = beads[:-1], beads[-1]
    to, rig = await destinations(call, beads, params.to, rig, params.agent)
    if not to:
        _refuse_unasking(call, beads, rig, params.agent)
    command = SlingBeads(beads=beads, rig=rig, agent=params.agent, convoy=new_convoy_id(call), to=to)
    accepted = await call.order(MAYOR, command)
    slung: list[Record] = [
        {
            "bead": recorded.entity.id,
            "convoy": event.convoy,
            "holds": [] if event.to else holds.on_rig(call.store, event.rig),
            "handed_on": None,
            "to": list(event.to),
        }
        for recorded in accepted.events
        if isinstance(event := recorded.envelope.data, BeadSlung)
    ]
    slung += [
        _other_agent(call, recorded.entity.id, event)
        for recorded in accepted.events
        if isinstance(event := recorded.envelope.data, AgentChanged)
    ]
    return Reply(accepted.position, slung)


def _refuse_unasking(call: Call, beads: tuple[str, ...], rig: str, agent: str) -> None:
    specs, default = definitions.specs(call.store)
    rigs_meant = {rig} if rig else {(bead_view.show(call.store, bead) or {}).get("rig") or "" for bead in beads}
    for one in sorted(rigs_meant):
        refuse_unasking(call, specs.get(agent or default), one)


def _other_agent(call: Call, key: str, event: AgentChanged) -> Record:
    """handed_on: the session that is, "" where none was at work on it."""
    bead = known_bead(call, key)
    held = holds.on_rig(call.store, bead["rig"])
    return {"bead": key, "convoy": bead["convoy"], "holds": held, "handed_on": event.session, "agent": event.agent}


async def _unsling(call: Call, params: WithReason) -> Reply:
    accepted = await ordered(call, params.bead, UnslingBead(bead=params.bead, reason=params.reason))
    return Reply(accepted.position, known_bead(call, params.bead))


async def _recall(call: Call, params: WithReason) -> Reply:
    accepted = await ordered(call, params.bead, RecallBead(bead=params.bead, reason=params.reason))
    return Reply(accepted.position, known_bead(call, params.bead))


async def _retry(call: Call, params: One) -> Reply:
    accepted = await call.order(MAYOR, RetryBead(bead=params.bead))
    return Reply(accepted.position, known_bead(call, params.bead))


async def _wait(call: Call, params: Wait) -> Reply:
    """Streams the state of each bead, at first and whenever it changes."""
    begun, told = monotonic(), dict[str, str]()
    found = _look(call, params.ids)
    with anyio.move_on_after(params.timeout) as limit:
        while True:
            position, begin = call.store.position, monotonic()
            found = _look(call, params.ids)
            looking = monotonic() - begin
            await _tell(call, found, told)
            if found.done or found.needs_you:
                break
            await call.desk.runner.changed(position)
            await anyio.sleep(_SPARING * looking)
    answer = {name: msgspec.to_builtins(getattr(found, name)) for name in ("done", "beads", "convoys", "needs_you")}
    return call.reply({**answer, "timed_out": limit.cancelled_caught, "seconds": monotonic() - begun})


def _look(call: Call, ids: tuple[str, ...]) -> Outlook:
    found = outlook(call.store, ids)
    if found.unknown:
        raise UnknownThingError(f"no bead or convoy {found.unknown[0]!r}", "gt bead list, gt convoy list")
    return found


async def _tell(call: Call, found: Outlook, told: dict[str, str]) -> None:
    for bead in found.beads:
        if told.get(bead["id"]) != bead["state"]:
            told[bead["id"]] = bead["state"]
            await call.emit({"bead": bead["id"], "state": bead["state"], "title": bead["title"]})


METHODS: dict[str, Method[Any]] = {
    "sling": Method(run=_sling, params=Sling),
    "unsling": Method(run=_unsling, params=WithReason),
    "recall": Method(run=_recall, params=WithReason),
    "retry": Method(run=_retry, params=One),
    "wait": Method(run=_wait, params=Wait, workers=True),
}
