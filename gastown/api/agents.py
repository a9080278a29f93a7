"""agent.*: whose programs work here, and how they are started."""

import os
import re
from typing import Any

import msgspec

from gastown.actors.commands.mayor import MAYOR, AddAgent, RemoveAgent
from gastown.actors.mayor.budgets import HIGHEST
from gastown.adapters.agents import catalogue
from gastown.adapters.agents.shell import ShellAgent
from gastown.adapters.agents.vendors.acp import ANY
from gastown.adapters.processes import bubblewrap
from gastown.api.call import Call, Method, Nothing, Reply
from gastown.errors import UsageError
from gastown.events.agent import AgentSpec, SandboxName
from gastown.projections import definitions
from gastown.projections.kernel.store import Record

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Add(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """command: of the vendor shell, what is run; of others, the program instead of their own. arguments: after all
    others. env: names with a value, or with null to pass the host's own on. timeout: seconds a session may take.
    turn_cost: USD that a turn is reserved at under a budget; null: what its turns came to lately.
    sandbox: what holds its sessions. reads, writes: absolute paths that it sees behind walls.
    """

    name: str
    vendor: str
    command: str = ""
    model: str = ""
    arguments: tuple[str, ...] = ()
    env: tuple[tuple[str, str | None], ...] = ()
    timeout: float = 7200.0
    turn_cost: float | None = None
    default: bool = False
    sandbox: SandboxName = ""
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()


class One(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


async def _add(call: Call, params: Add) -> Reply:
    known = _vendor(params)
    spec = AgentSpec(
        name=params.name,
        vendor=params.vendor,
        command=params.command,
        model=params.model,
        arguments=params.arguments,
        env=params.env,
        timeout=params.timeout,
        turn_cost=params.turn_cost,
        tells_usage="usage" in known.can,
        sandbox=params.sandbox,
        reads=params.reads,
        writes=params.writes,
    )
    accepted = await call.order(MAYOR, AddAgent(spec=spec, default=params.default))
    return Reply(accepted.position, _shown(call, params.name))


def _vendor(params: Add) -> catalogue.Vendor:
    """Raises UsageError for what makes no sense of it."""
    known = catalogue.vendor(params.vendor)
    if known is None:
        raise UsageError(f"no vendor {params.vendor!r} is known", f"--vendor {' | '.join(catalogue.names())}")
    _refuse_what_it_has_not(params)
    if params.sandbox == "bwrap":
        bubblewrap.demand()
    for path in (*params.reads, *params.writes):
        if not path.startswith("/") or os.path.normpath(path) in ("/", "//"):
            raise UsageError(f"{path!r} cannot be shown behind walls", "an absolute path, and not all there is")
    if params.timeout <= 0:
        raise UsageError("a session without time does nothing", "--timeout 2h")
    if params.turn_cost is not None and not 0 <= params.turn_cost <= HIGHEST:
        raise UsageError(f"a turn cannot cost {params.turn_cost:g} USD", "--turn-cost 0 (nothing) or more")
    for name, _ in params.env:
        if not _VARIABLE.fullmatch(name) or name.startswith("GT_"):
            raise UsageError(f"{name!r} cannot be set for a worker", "letters, digits and _, not beginning with GT_")
    return known


def _refuse_what_it_has_not(params: Add) -> None:
    """Of the vendor shell there is a command only; of all others, everything has a default."""
    if params.vendor != ShellAgent.vendor:
        if params.command and params.vendor.startswith(ANY):
            raise UsageError(f"{params.vendor} names its command itself", f"--vendor {ANY}CMD")
        return
    if not params.command.strip():
        raise UsageError(f"an agent of vendor {params.vendor} needs a command", "--command CMD, run by sh -c")
    if params.model or params.arguments:
        raise UsageError("a shell command has neither a model nor more arguments", "put them into --command")


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
