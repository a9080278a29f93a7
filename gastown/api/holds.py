"""estop, thaw, rig.pause, rig.resume: a person holds work, and lets it go on."""

from typing import Any

import msgspec

from gastown.actors.commands.mayor import MAYOR, LiftHold, PlaceHold
from gastown.actors.errands import AskFrozen, Frozen
from gastown.api.call import Call, Method, Reply
from gastown.api.rigs import One, known
from gastown.errors import UnreachableError
from gastown.projections import holds, host

_FREEZE_PATIENCE = 10.0  # seconds; it takes one at most


class Scope(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """rig "": the whole town."""

    rig: str = ""


class Stop(Scope, frozen=True, kw_only=True, forbid_unknown_fields=True):
    reason: str = ""


class Pause(One, frozen=True, forbid_unknown_fields=True):
    reason: str = ""


async def _estop(call: Call, params: Stop) -> Reply:
    hint = f"gt thaw --rig {params.rig}" if params.rig else "gt thaw"
    reason = params.reason or "emergency stop"
    command = PlaceHold(cause="estop", rig=params.rig, reason=reason, hint=hint)
    accepted = await call.order(MAYOR, command)
    said = {"rig": params.rig, "new": bool(accepted.events), "holds": holds.on_rig(call.store, params.rig)}
    return Reply(accepted.position, {**said, "frozen": await _frozen(call)})


async def _frozen(call: Call) -> int | None:
    """How many programs stand still now: workers, setups and gates. None: a host that is up does not say."""
    question = AskFrozen(number=call.desk.runtime.state_of(MAYOR).hold_changes)
    frozen = 0
    try:
        for name in ("", *host.up(call.store)):
            frozen += (await call.ask(question, Frozen, _FREEZE_PATIENCE, name)).programs
    except UnreachableError:
        return None
    return frozen


async def _thaw(call: Call, params: Scope) -> Reply:
    """Lifts that emergency stop alone: what else holds the work is said."""
    accepted = await call.order(MAYOR, LiftHold(cause="estop", rig=params.rig))
    left = holds.on_rig(call.store, params.rig) if params.rig else holds.all_of(call.store)
    return Reply(accepted.position, {"rig": params.rig, "new": bool(accepted.events), "holds": left})


async def _pause(call: Call, params: Pause) -> Reply:
    reason = params.reason or "paused by a person"
    hint = f"gt rig resume {params.rig}"
    accepted = await call.order(MAYOR, PlaceHold(cause="pause", rig=params.rig, reason=reason, hint=hint))
    return Reply(accepted.position, known(call, params.rig))


async def _resume(call: Call, params: One) -> Reply:
    accepted = await call.order(MAYOR, LiftHold(cause="pause", rig=params.rig))
    return Reply(accepted.position, known(call, params.rig))


METHODS: dict[str, Method[Any]] = {
    "estop": Method(run=_estop, params=Stop),
    "thaw": Method(run=_thaw, params=Scope),
    "rig.pause": Method(run=_pause, params=Pause),
    "rig.resume": Method(run=_resume, params=One),
}
