"""ping, verify, rebuild, town.down."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from gastown.actors.commands.deacon import DEACON, WantTown
from gastown.actors.deacon.state import TOWN
from gastown.actors.errands import AskProof
from gastown.api.call import Call, Method, Nothing, Reply
from gastown.api.desk import Desk
from gastown.api.rigs import config_of
from gastown.bus.event_log import LogBrokenError
from gastown.events.ids import Commit, Entity
from gastown.projections import branches, merge_queue, parked, rigs
from gastown.projections.views import differing_tables

_PROOF_PATIENCE = 300.0  # seconds for each question
_AT_A_TIME = 5_000  # commits in a question: a message between the town and its host holds 8 MiB

T = TypeVar("T")


async def nothing(desk: Desk, params: Nothing) -> list[Entity]:
    """No view is needed."""
    del desk, params
    return []


async def _ping(call: Call, _: Nothing) -> Reply:
    if call.of is not None:
        return call.reply({"town": call.of.town, "incarnation": call.of.incarnation, "path": ""})
    town = call.desk.town
    return call.reply({"town": town.name, "incarnation": town.incarnation, "path": str(town.path)})


async def _verify(call: Call, _: Nothing) -> Reply:
    """The log without gaps, every view equal to a rebuild, every landing and every pin there, asked of git itself."""
    position = call.store.position
    gaps, differing = await _held_against_log(call)
    proofs = [await _proof(call, rig["name"]) for rig in rigs.listing(call.store)]
    complaints = [*gaps, *differing, *(f"rig {one['rig']}: {said}" for one in proofs for said in one["complaints"])]
    checked = {"log": not gaps, "views": not differing, "git": not any(one["complaints"] for one in proofs)}
    return Reply(position, {"ok": not complaints, **checked, "rigs": proofs, "complaints": complaints})


async def _held_against_log(call: Call) -> tuple[list[str], list[str]]:
    """What is wrong with the log, and with the views."""
    try:
        differing = await differing_tables(call.store, call.desk.log)
    except LogBrokenError as error:
        return [error.message], []
    return [], [f"the view {name} is not what the log says" for name in differing]


async def _proof(call: Call, rig: str) -> dict[str, Any]:
    config = config_of(call, rig)
    landed = tuple(landing["target_commit"] for landing in merge_queue.landed_on(call.store, rig))
    pins = tuple(branches.pins(call.store, rig))
    complaints: list[str] = []
    for some_landed, some_pins in _pairs(landed, pins):
        question = AskProof(rig=rig, config=config, landed=some_landed, pins=some_pins)
        complaints += await call.ask(question, list[str], _PROOF_PATIENCE)
    return {"rig": rig, "landed": len(landed), "pins": len(pins), "complaints": complaints}


def _pairs(
    landed: tuple[Commit, ...], pins: tuple[tuple[str, Commit], ...]
) -> Iterator[tuple[tuple[Commit, ...], tuple[tuple[str, Commit], ...]]]:
    for start in range(0, max(len(landed), len(pins), 1), _AT_A_TIME):
        yield _slice(landed, start), _slice(pins, start)


def _slice(items: Sequence[T], start: int) -> tuple[T, ...]:
    return tuple(items[start : start + _AT_A_TIME])


async def _rebuild(call: Call, _: Nothing) -> Reply:
    position = await call.desk.runner.rebuild()
    return Reply(position, {"events": call.store.mark.events})


async def _down(call: Call, _: Nothing) -> Reply:
    """Writes down that the town is wanted down. Whoever asked stops the processes then, also of a town that may not
    write about itself."""
    if parked.show(call.store, TOWN.kind, TOWN.id):
        return call.reply({"state": "down"})
    accepted = await call.order(DEACON, WantTown(state="down"))
    return Reply(accepted.position, {"state": "down"})


METHODS: dict[str, Method[Any]] = {
    "ping": Method(run=_ping, params=Nothing, workers=True, timed=True, about=nothing, log_only=True),
    "verify": Method(run=_verify, params=Nothing),
    "rebuild": Method(run=_rebuild, params=Nothing),
    "town.down": Method(run=_down, params=Nothing),
}
