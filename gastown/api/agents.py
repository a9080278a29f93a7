"""agent.*: whose programs work here, and how they are started."""

import os
import re
from typing import Any

import msgspec

from gastown.actors.commands.accounts import AddAgent, ChangeAgent, RemoveAgent
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.mayor.budgets import HIGHEST
from gastown.adapters.agents import catalogue
from gastown.adapters.agents.shell import ShellAgent
from gastown.adapters.agents.vendors.acp import ANY
from gastown.adapters.processes import bubblewrap
from gastown.api.call import Call, Method, Nothing, Reply
from gastown.errors import UnknownThingError, UsageError
from gastown.events.agent import AgentSpec, SandboxName
from gastown.projections import definitions
from gastown.projections.kernel.store import Record

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Set(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """command: of the vendor shell, what is run; of others, the program instead of their own. arguments: after all
    others. env: names with a value, or with null to pass the host's own on. timeout: seconds a session may take.
    turn_cost: USD that a turn is reserved at under a budget; of a new agent, null: what its turns came to lately.
    sandbox: what holds its sessions. reads, writes: absolute paths that it sees behind walls.

    None: unchanged; of a new agent, as AgentSpec has it. accounts, fallbacks: empty words among them are none.
    """

    name: str
    vendor: str | None = None
    command: str | None = None
    model: str | None = None
    arguments: tuple[str, ...] | None = None
    env: tuple[tuple[str, str | None], ...] | None = None
    timeout: float | None = None
    turn_cost: float | None = None
    accounts: tuple[str, ...] | None = None
    fallbacks: tuple[str, ...] | None = None
    default: bool = False
    sandbox: SandboxName | None = None
    reads: tuple[str, ...] | None = None
    writes: tuple[str, ...] | None = None


class Add(Set, frozen=True, kw_only=True, forbid_unknown_fields=True):
    vendor: str  # pyright: ignore[reportGeneralTypeIssues, reportIncompatibleVariableOverride]  here it is needed


class One(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


def _changed(spec: AgentSpec, params: Set) -> AgentSpec:
    """Raises UsageError for what makes no sense."""
    plain = ("vendor", "command", "model", "arguments", "env", "timeout", "turn_cost", "sandbox", "reads", "writes")
    said = {name: getattr(params, name) for name in plain}
    said |= {"accounts": _names(params.accounts), "fallbacks": _names(params.fallbacks)}
    changed = msgspec.structs.replace(spec, **{name: value for name, value in said.items() if value is not None})
    return msgspec.structs.replace(changed, tells_usage="usage" in _vendor(changed).can)


def _names(given: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if given is None else tuple(dict.fromkeys(name for name in given if name))


async def _add(call: Call, params: Add) -> Reply:
    spec = _changed(AgentSpec(name=params.name, vendor=params.vendor), params)
    accepted = await call.order(MAYOR, AddAgent(spec=spec, default=params.default))
    return Reply(accepted.position, _shown(call, params.name))


async def _set(call: Call, params: Set) -> Reply:
    specs, _ = definitions.specs(call.store)
    if params.name not in specs:
        raise UnknownThingError(f"there is no agent {params.name}", "see them: gt agent list")
    spec = _changed(specs[params.name], params)
    accepted = await call.order(MAYOR, ChangeAgent(spec=spec, default=params.default))
    return Reply(accepted.position, _shown(call, params.name))


def _vendor(spec: AgentSpec) -> catalogue.Vendor:
    """Raises UsageError for what makes no sense of it."""
    known = catalogue.vendor(spec.vendor)
    if known is None:
        raise UsageError(f"no vendor {spec.vendor!r} is known", f"--vendor {' | '.join(catalogue.names())}")
    _refuse_what_it_has_not(spec)
    if spec.sandbox == "bwrap":
        bubblewrap.demand()
    for path in (*spec.reads, *spec.writes):
        if not path.startswith("/") or os.path.normpath(path) in ("/", "//"):
            raise UsageError(f"{path!r} cannot be shown behind walls", "an absolute path, and not all there is")
    if spec.timeout <= 0:
        raise UsageError("a session without time does nothing", "--timeout 2h")
    if spec.turn_cost is not None and not 0 <= spec.turn_cost <= HIGHEST:
        raise UsageError(f"a turn cannot cost {spec.turn_cost:g} USD", "--turn-cost 0 (nothing) or more")
    for name, _ in spec.env:
        refuse_variable(name)
    return known


def refuse_variable(name: str) -> None:
    """Raises UsageError for one that cannot be set for a worker."""
    if not _VARIABLE.fullmatch(name) or name.startswith("GT_"):
        raise UsageError(f"{name!r} cannot be set for a worker", "letters, digits and _, not beginning with GT_")


def _refuse_what_it_has_not(spec: AgentSpec) -> None:
    """Of the vendor shell there is a command only; of all others, everything has a default."""
    if spec.vendor != ShellAgent.vendor:
        if spec.command and spec.vendor.startswith(ANY):
            raise UsageError(f"{spec.vendor} names its command itself", f"--vendor {ANY}CMD")
        return
    if not spec.command.strip():
        raise UsageError(f"an agent of vendor {spec.vendor} needs a command", "--command CMD, run by sh -c")
    if spec.model or spec.arguments:
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
    "agent.set": Method(run=_set, params=Set),
    "agent.list": Method(run=_list, params=Nothing, timed=True),
    "agent.remove": Method(run=_remove, params=One),
}
