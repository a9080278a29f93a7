"""agent.check: would this agent's program work here? Tried by the host, which it may be given work on."""

from typing import Any

import msgspec

from gastown.actors.commands.fitness import ReportAgentCheck
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.errands import AgentReport, AskAgentCheck
from gastown.api.call import Call, Method, Reply
from gastown.errors import RefusedError, UnknownThingError
from gastown.projections import accounts, definitions, holds

_PATIENCE = 180.0
"""Seconds for a program to be tried: it is waited for at most 60 s, and for 20 s more to say its version."""
_TURN_PATIENCE = 400.0
_NOT_WORK = "capabilities"
"""The step that says what it lacks: work can be done all the same."""


class Check(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """turn: it is given one, which asks its model."""

    name: str
    turn: bool = False


async def _check(call: Call, params: Check) -> Reply:
    """What came of it is the Mayor's to know: an agent that fails is given no bead until it passes."""
    spec = definitions.specs(call.store)[0].get(params.name)
    if spec is None:
        raise UnknownThingError(f"there is no agent {params.name}", "see them: gt agent list")
    for hold in holds.on_town(call.store):
        if hold["depth"] == "stop":
            raise RefusedError(f"nothing runs now, stopped by {hold['by']}: {hold['reason']}", hold["hint"])
    account = accounts.spec(call.store, spec.accounts[0]) if spec.accounts else None
    question = AskAgentCheck(spec=spec, turn=params.turn, account=account)
    report = await call.ask(question, AgentReport, _TURN_PATIENCE if params.turn else _PATIENCE)
    failed = [step for step in report.steps if not step.ok and step.name != _NOT_WORK]
    trouble = "; ".join(f"{step.name}: {step.detail}" for step in failed)
    told = ReportAgentCheck(agent=params.name, trouble=trouble, version=report.version)
    accepted = await call.order(MAYOR, told)
    shown = msgspec.to_builtins(report)
    return Reply(accepted.position, {"agent": params.name, "ok": all(step.ok for step in report.steps), **shown})


METHODS: dict[str, Method[Any]] = {"agent.check": Method(run=_check, params=Check)}
