"""account.*: the credentials that agents work under. What is secret of them lies in the town's folder, and is told to
nobody but the sessions of that account."""

from pathlib import Path
from typing import Any

import msgspec

from gastown.actors.commands.accounts import AddAccount, ChangeAccount, OpenAccount, RemoveAccount
from gastown.actors.commands.mayor import MAYOR
from gastown.adapters import account_secrets
from gastown.adapters.agents import catalogue
from gastown.adapters.files.disk import DiskFiles
from gastown.api.agents import refuse_variable
from gastown.api.call import Call, Method, Nothing, Reply
from gastown.errors import RefusedError, UnknownThingError, UsageError
from gastown.events.account import AccountSpec, own
from gastown.projections import accounts, definitions
from gastown.projections.kernel.store import Record


class Set(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """env: names with a value, which is kept as a secret, or with null to pass the host's own on. config_dir: an
    absolute path, "" for none. None: unchanged."""

    name: str
    env: tuple[tuple[str, str | None], ...] | None = None
    config_dir: str | None = None


class Add(Set, frozen=True, kw_only=True, forbid_unknown_fields=True):
    vendor: str


class One(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str


def _changed(spec: AccountSpec, params: Set) -> AccountSpec:
    """Raises UsageError for what makes no sense."""
    if params.env is not None:
        for name, value in params.env:
            refuse_variable(name)
            if value == "":
                raise UsageError(f"{name} is given no value", f"--env {name}=VALUE, or --env {name} for the town's own")
        secrets = tuple(name for name, value in params.env if value is not None)
        passed = tuple(name for name, value in params.env if value is None)
        spec = msgspec.structs.replace(spec, secrets=secrets, passed=passed)
    if params.config_dir is not None:
        spec = msgspec.structs.replace(spec, config_dir=params.config_dir)
        _refuse_folder(params.config_dir)
    if not (spec.secrets or spec.passed or spec.config_dir):
        raise UsageError(f"account {spec.name} holds nothing", "--env KEY=VALUE, --env KEY or --config-dir DIR")
    return spec


def _refuse_folder(folder: str) -> None:
    if folder and not (Path(folder).is_absolute() and Path(folder).is_dir()):
        raise UsageError(f"there is no folder {folder}", f"mkdir -m 700 {folder}, and log in there with its program")


async def _add(call: Call, params: Add) -> Reply:
    if catalogue.vendor(params.vendor) is None:
        raise UsageError(f"no vendor {params.vendor!r} is known", f"--vendor {' | '.join(catalogue.names())}")
    spec = _changed(AccountSpec(name=params.name, vendor=params.vendor), params)
    accepted = await call.order(MAYOR, AddAccount(account=spec))  # first: it may be another's name
    _keep(call, params)
    return Reply(accepted.position, _shown(call, params.name))


async def _set(call: Call, params: Set) -> Reply:
    known = accounts.spec(call.store, params.name)
    if known is None:
        raise UnknownThingError(f"there is no account {params.name}", "see them: gt account list")
    changed = _changed(known, params)
    _keep(call, params)  # first: what waited for it may begin at once
    accepted = await call.order(MAYOR, ChangeAccount(account=changed))
    return Reply(accepted.position, _shown(call, params.name))


def _keep(call: Call, params: Set) -> None:
    """Should we die before, `gt` says it again, or the account is said to lack its values."""
    if params.env is not None:
        values = {name: value for name, value in params.env if value is not None}
        account_secrets.keep(call.desk.town.path, params.name, values)


def _shown(call: Call, name: str) -> Record:
    return next(one for one in _listing(call) if one["name"] == name)


def _listing(call: Call) -> list[Record]:
    """Names only, and what is lacking; besides, which agents work under each."""
    users: dict[str, list[str]] = {}
    for agent, spec in definitions.specs(call.store)[0].items():
        for name in spec.accounts:
            users.setdefault(name, []).append(agent)
    specs = accounts.specs(call.store)
    return [
        {**one, "agents": sorted(users.get(one["name"], [])), "lacks": _lacks(call, specs[one["name"]])}
        for one in accounts.listing(call.store)
    ]


def _lacks(call: Call, spec: AccountSpec) -> str:
    try:
        account_secrets.values_of(DiskFiles(), call.desk.town.path, spec)
    except RefusedError as error:
        return f"{error.message}; {error.hint}"
    return ""


async def _list(call: Call, _: Nothing) -> Reply:
    return call.reply(_listing(call))


async def _remove(call: Call, params: One) -> Reply:
    accepted = await call.order(MAYOR, RemoveAccount(account=params.name))
    account_secrets.forget(call.desk.town.path, params.name)
    return Reply(accepted.position, {"name": params.name})


async def _ok(call: Call, params: One) -> Reply:
    """name: an account's, or that of an agent which names none."""
    agents, _ = definitions.specs(call.store)
    name = params.name
    if accounts.spec(call.store, name) is None and name in agents:
        if agents[name].accounts:
            reason = f"agent {name} works under {', '.join(agents[name].accounts)}"
            raise RefusedError(reason, f"gt account ok {agents[name].accounts[0]}")
        name = own(name)
    accepted = await call.order(MAYOR, OpenAccount(account=name))
    return Reply(accepted.position, accounts.standing(call.store, name))


METHODS: dict[str, Method[Any]] = {
    "account.add": Method(run=_add, params=Add),
    "account.set": Method(run=_set, params=Set),
    "account.list": Method(run=_list, params=Nothing),
    "account.remove": Method(run=_remove, params=One),
    "account.ok": Method(run=_ok, params=One),
}
