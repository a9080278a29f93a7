"""agent.*: whose programs work here, and how they are started."""

import re
from typing import Any

import msgspec

from gastown.actors.commands.mayor import MAYOR, AddAgent, RemoveAgent
from gastown.api.call import Call, Method, Nothing, Reply
from gastown.errors import UsageError
from gastown.events.agent import AgentSpec
from gastown.projections import definitions
from gastown.projections.kernel.store import Record

VENDORS = ("shell",)

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Add(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """env: names with a value, or with null to pass the host's own on. timeout: seconds a session may take."""

    name: str
    vendor: str
    command: str = ""
    env: tuple[tuple[str, str | None], ...] = ()
    timeout: float = 7200.0
    default: bool = False


class One(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


async def _add(call: Call, params: Add) -> Reply:
    _refuse_nonsense(params)
    spec = AgentSpec(
        name=params.name, vendor=params.vendor, command=params.command, env=params.env, timeout=params.timeout
    )
    accepted = await call.order(MAYOR, AddAgent(spec=spec, default=params.default))
    return Reply(accepted.position, _shown(call, params.name))


def _refuse_nonsense(params: Add) -> None:
    if params.vendor not in VENDORS:
        raise UsageError(f"no vendor {params.vendor!r} is known", f"--vendor {' | '.join(VENDORS)}")
    if not params.command.strip():
        raise UsageError(f"an agent of vendor {params.vendor} needs a command", "--command CMD, run by sh -c")
    if params.timeout <= 0:
        raise UsageError("a session without time does nothing", "--timeout 2h")
    for name, _ in params.env:
        if not _VARIABLE.fullmatch(name) or name.startswith("GT_"):
            raise UsageError(f"{name!r} cannot be set for a worker", "letters, digits and _, not beginning with GT_")


def _shown(call: Call, name: str) -> Record:
    return next(agent for agent in definitions.agents(call.store) if agent["name"] == name)


async def _list(call: Call, _: Nothing) -> Reply:
    return call.reply(definitions.agents(call.store))


async def _remove(call: Call, params: One) -> Reply:
    accepted = await call.order(MAYOR, RemoveAgent(agent=params.name))
    return Reply(accepted.position, {"name": params.name})


METHODS: dict[str, Method[Any]] = {
    "agent.add": Method(run=_add, params=Add),
    "agent.list": Method(run=_list, params=Nothing, timed=True),
    "agent.remove": Method(run=_remove, params=One),
}
