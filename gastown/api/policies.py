"""policy.*: what agents may use."""

from typing import Any

import msgspec

from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.policy import DropPolicy, SetPolicy
from gastown.adapters.agents import catalogue
from gastown.api.call import Call, Method, Nothing, Reply
from gastown.api.policy_file import parse
from gastown.errors import RefusedError, UnknownThingError, UsageError
from gastown.events.agent import AgentSpec
from gastown.projections import policies, rigs
from gastown.projections.kernel.store import Record

LONGEST = 50_000
"""Characters of a policy's file."""


class Set(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """content: of the file. rig "": the town's."""

    content: str
    rig: str = ""


class Of(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """rig "": the town's."""

    rig: str = ""


async def _set(call: Call, params: Set) -> Reply:
    if len(params.content) > LONGEST:
        raise UsageError(f"{len(params.content)} characters are too many for a policy", f"at most {LONGEST}")
    command = SetPolicy(policy=parse(params.content), rig=params.rig)
    accepted = await call.order(MAYOR, command)
    return Reply(accepted.position, _known(call, params.rig))


def _known(call: Call, rig: str) -> Record:
    """Raises UnknownThingError."""
    found = policies.show(call.store, rig)
    if found is None:
        if rig and rigs.show(call.store, rig) is None:
            raise UnknownThingError(f"there is no rig {rig}", "see them: gt rig list")
        whose = f"rig {rig} has no policy of its own" if rig else "the town has no policy"
        raise UnknownThingError(whose, f"gt policy set FILE{f' --rig {rig}' if rig else ''}")
    return found


async def _show(call: Call, params: Of) -> Reply:
    return call.reply(_known(call, params.rig))


async def _list(call: Call, _: Nothing) -> Reply:
    return call.reply(policies.listing(call.store))


async def _drop(call: Call, params: Of) -> Reply:
    accepted = await call.order(MAYOR, DropPolicy(rig=params.rig))
    return Reply(accepted.position, {"rig": params.rig})


def refuse_unasking(call: Call, spec: AgentSpec | None, rig: str) -> None:
    """Raises RefusedError for an agent that would have to ask, and cannot. Unknown ones are for the Mayor to refuse."""
    policy = policies.for_rig(call.store, rig)
    vendor = catalogue.vendor(spec.vendor) if spec else None
    if policy is None or spec is None or vendor is None or "permissions" in vendor.can:
        return
    config = rigs.config(call.store, rig)
    walled = ((config.sandbox if config else "") or spec.sandbox) == "bwrap"
    if walled and policy.unasking == "walled":
        return
    whose = f"rig {rig}" if policies.show(call.store, rig) else "the town"
    raise RefusedError(
        f"agent {spec.name} cannot ask before it uses a tool (vendor {spec.vendor}), as the policy of {whose} wants it",
        "name another: gt sling BEAD --agent NAME; or see that policy: gt policy list",
    )


METHODS: dict[str, Method[Any]] = {
    "policy.set": Method(run=_set, params=Set),
    "policy.show": Method(run=_show, params=Of, workers=True, timed=True),
    "policy.list": Method(run=_list, params=Nothing, workers=True, timed=True),
    "policy.drop": Method(run=_drop, params=Of),
}
