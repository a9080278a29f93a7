"""rig.*."""

from typing import Any

import msgspec

from gastown.actors.commands.mayor import MAYOR, AddRig, ChangeRig, RemoveRig
from gastown.actors.errands import AskOrigin, AskRigCheck, CheckStep, OriginFacts
from gastown.adapters.processes import bubblewrap
from gastown.api.call import Call, Method, Nothing, Reply
from gastown.errors import RefusedError, UnknownThingError, UsageError
from gastown.events.agent import SandboxName
from gastown.events.rig import Gate, LandMode, RigConfig
from gastown.projections import holds, rigs
from gastown.projections.kernel.store import Record

_ORIGIN_PATIENCE = 60.0  # seconds
_CLONE_PATIENCE = 600.0  # seconds, besides what setup and gates may take


class Change(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None: unchanged. location: a URL or an absolute path. no_gates: none at all, on purpose.

    gate_timeout, setup_timeout: seconds.
    """

    rig: str
    location: str | None = None
    branch: str | None = None
    prefix: str | None = None
    setup: str | None = None
    setup_timeout: float | None = None
    copy: tuple[str, ...] | None = None
    copy_from: str | None = None
    gates: tuple[tuple[str, str], ...] | None = None
    gate_timeout: float | None = None
    no_gates: bool = False
    land: LandMode | None = None
    filter: str | None = None
    sparse: tuple[str, ...] | None = None
    sandbox: SandboxName | None = None
    agent: str | None = None


class Add(Change, frozen=True, kw_only=True, forbid_unknown_fields=True):
    location: str  # pyright: ignore[reportGeneralTypeIssues, reportIncompatibleVariableOverride]  here it is needed
    no_check: bool = False


class One(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rig: str


def known(call: Call, rig: str) -> Record:
    """The rig. Raises UnknownThingError."""
    found = rigs.show(call.store, rig)
    if found is None:
        raise UnknownThingError(f"there is no rig {rig}", "see them: gt rig list")
    return found


def config_of(call: Call, rig: str) -> RigConfig:
    """Raises UnknownThingError."""
    config = rigs.config(call.store, rig)
    if config is None:
        raise UnknownThingError(f"there is no rig {rig}", "see them: gt rig list")
    return config


async def _add(call: Call, params: Add) -> Reply:
    if not params.gates and not params.no_gates:
        msg = f"rig {params.rig} has no gate: nothing would prove what lands on it"
        raise UsageError(msg, "--gate NAME=CMD (say --gate 'test=make test'), or --no-gates if that is meant")
    held = rigs.config(call.store, params.rig)
    if held is not None:  # refused by the Mayor, unless this very command has added it
        accepted = await call.order(MAYOR, AddRig(rig=params.rig, config=held))
        return Reply(accepted.position, {"rig": known(call, params.rig), "notes": [], "check": []})
    facts = await _origin(call, params.location, params.branch or "")
    blank = RigConfig(origin="", target="", landing="", prefix=_prefix(call, params.rig))
    config = _changed(_at(blank, facts), params)
    steps = [] if params.no_check else await _checked(call, params.rig, config)
    accepted = await call.order(MAYOR, AddRig(rig=params.rig, config=config))
    data = {"rig": known(call, params.rig), "notes": facts.notes, "check": msgspec.to_builtins(steps)}
    return Reply(accepted.position, data)


async def _origin(call: Call, location: str, branch: str) -> OriginFacts:
    return await call.ask(AskOrigin(location=location, branch=branch), OriginFacts, _ORIGIN_PATIENCE)


def _at(config: RigConfig, facts: OriginFacts) -> RigConfig:
    found = {name: getattr(facts, name) for name in OriginFacts.__struct_fields__ if name != "notes"}
    return msgspec.structs.replace(config, **found)


_PLAIN = ("prefix", "setup", "setup_timeout", "copy", "copy_from", "land", "filter", "sparse", "sandbox", "agent")


def _changed(config: RigConfig, params: Change) -> RigConfig:
    if params.sandbox == "bwrap":
        bubblewrap.demand()
    said = {name: value for name in _PLAIN if (value := getattr(params, name)) is not None}
    gates = config.gates
    if params.no_gates:
        gates = ()
    elif params.gates is not None:
        gates = tuple(Gate(name=name, command=command) for name, command in params.gates)
    if params.gate_timeout is not None:
        gates = tuple(msgspec.structs.replace(gate, timeout=params.gate_timeout) for gate in gates)
    changed = msgspec.structs.replace(config, **said, gates=gates)
    if changed.copy and not changed.copy_from:
        raise UsageError("nobody knows where to copy from", "--copy-from FOLDER")
    return changed


def _prefix(call: Call, rig: str) -> str:
    """The initials of the rig's name, or its first two letters; the whole name where another rig has those."""
    parts = [part for part in rig.lower().replace("_", "-").split("-") if part]
    short = "".join(part[0] for part in parts) if len(parts) > 1 else rig.lower()[:2]
    taken = {other["prefix"] for other in rigs.listing(call.store)} | {"hq", "cv"}
    return rig.lower() if short in taken else short


async def _checked(call: Call, rig: str, config: RigConfig) -> list[CheckStep]:
    """Raises RefusedError with what is to be mended."""
    steps = await _check_steps(call, rig, config)
    failed = [step for step in steps if not step.ok]
    if failed:
        said = "; ".join(f"{step.name}: {step.detail}" for step in failed)
        mend = "; ".join(step.mend for step in failed if step.mend)
        raise RefusedError(
            f"rig {rig} is not added, its check fails at {said}", mend or "--no-check adds it all the same"
        )
    return steps


async def _check_steps(call: Call, rig: str, config: RigConfig) -> list[CheckStep]:
    for hold in holds.on_rig(call.store, rig):
        if hold["depth"] == "stop":
            raise RefusedError(f"nothing runs now, stopped by {hold['by']}: {hold['reason']}", hold["hint"])
    patience = _CLONE_PATIENCE + config.setup_timeout + sum(gate.timeout for gate in config.gates)
    return await call.ask(AskRigCheck(rig=rig, config=config), list[CheckStep], patience)


async def _list(call: Call, _: Nothing) -> Reply:
    return call.reply(rigs.listing(call.store))


async def _show(call: Call, params: One) -> Reply:
    return call.reply(known(call, params.rig))


async def _set(call: Call, params: Change) -> Reply:
    config, notes = config_of(call, params.rig), tuple[str, ...]()
    if params.location is not None or params.branch is not None:
        facts = await _origin(call, params.location or config.origin, params.branch or config.target)
        config, notes = _at(config, facts), facts.notes
    accepted = await call.order(MAYOR, ChangeRig(rig=params.rig, config=_changed(config, params)))
    return Reply(accepted.position, {"rig": known(call, params.rig), "notes": notes})


async def _remove(call: Call, params: One) -> Reply:
    accepted = await call.order(MAYOR, RemoveRig(rig=params.rig))
    return Reply(accepted.position, {"name": params.rig})


async def _check(call: Call, params: One) -> Reply:
    steps = await _check_steps(call, params.rig, config_of(call, params.rig))
    data = {"rig": params.rig, "ok": all(step.ok for step in steps), "steps": msgspec.to_builtins(steps)}
    return call.reply(data)


METHODS: dict[str, Method[Any]] = {
    "rig.add": Method(run=_add, params=Add),
    "rig.list": Method(run=_list, params=Nothing, timed=True),
    "rig.show": Method(run=_show, params=One, timed=True),
    "rig.set": Method(run=_set, params=Change),
    "rig.remove": Method(run=_remove, params=One),
    "rig.check": Method(run=_check, params=One),
}
