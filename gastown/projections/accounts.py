"""Accounts: how each is set up, and whether its API gives it anything now."""

import msgspec

from gastown.events.account import (
    AccountAdded,
    AccountChanged,
    AccountFreed,
    AccountOpened,
    AccountRemoved,
    AccountRested,
    AccountShut,
    AccountSpec,
    AccountThrottled,
    AccountTried,
    own,
)
from gastown.events.agent import AgentFreed, AgentRemoved, AgentThrottled
from gastown.events.envelope import Recorded
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Put, Table
from gastown.projections.rfc3339 import utc

ACCOUNTS = Table("accounts", key=("name",), columns={"name": "", "spec": "{}", "position": 0})
OUT = Table(
    "accounts_out",  # those that are not simply well
    key=("account",),
    columns={"account": "", "state": "", "until": None, "reason": "", "since": 0.0, "session": ""},
)

accounts = Projection("accounts", 1, ACCOUNTS, OUT)


@accounts.on(AccountAdded, AccountChanged)
def added(at: Recorded, event: AccountAdded | AccountChanged) -> Changes:
    spec = msgspec.json.encode(event.spec).decode()
    return (ACCOUNTS.put(name=at.entity.id, spec=spec, position=at.position),)


@accounts.on(AccountRemoved)
def removed(at: Recorded, _: AccountRemoved) -> Changes:
    return (ACCOUNTS.delete(at.entity.id), OUT.delete(at.entity.id))


@accounts.on(AccountThrottled)
def throttled(at: Recorded, event: AccountThrottled) -> Changes:
    return (_out(at, at.entity.id, "throttled", event.reason, until=event.until),)


@accounts.on(AccountShut)
def shut(at: Recorded, event: AccountShut) -> Changes:
    return (_out(at, at.entity.id, "login", event.reason),)


@accounts.on(AccountRested, AccountOpened)
def rested(at: Recorded, _: AccountRested | AccountOpened) -> Changes:
    return (OUT.patch(at.entity.id, state="rested", until=None, session=""),)


@accounts.on(AccountTried)
def tried(at: Recorded, event: AccountTried) -> Changes:
    return (OUT.patch(at.entity.id, state="tried", session=event.session),)


@accounts.on(AccountFreed)
def freed(at: Recorded, _: AccountFreed) -> Changes:
    return (OUT.delete(at.entity.id),)


@accounts.on(AgentThrottled)
def agent_throttled(at: Recorded, event: AgentThrottled) -> Changes:
    return (_out(at, own(at.entity.id), "throttled", event.reason, until=event.until),)


@accounts.on(AgentFreed, AgentRemoved)
def agent_freed(at: Recorded, _: AgentFreed | AgentRemoved) -> Changes:
    return (OUT.delete(own(at.entity.id)),)


def _out(at: Recorded, name: str, state: str, reason: str, until: float | None = None) -> Put:
    return OUT.put(account=name, state=state, reason=reason, until=until, since=at.envelope.time)


def spec(store: Store, name: str) -> AccountSpec | None:
    """None for one that was never added, as an agent's own."""
    row = store.query_one("SELECT spec FROM accounts WHERE name = ?", (name,))
    return msgspec.json.decode(row["spec"], type=AccountSpec) if row else None


def specs(store: Store) -> dict[str, AccountSpec]:
    """Those that were added, by name."""
    rows = store.query("SELECT name, spec FROM accounts ORDER BY name")
    return {row["name"]: msgspec.json.decode(row["spec"], type=AccountSpec) for row in rows}


def secrets(store: Store) -> dict[str, tuple[str, ...]]:
    """Of each account that has any, the variables whose values lie among the town's secrets."""
    return {name: spec.secrets for name, spec in specs(store).items() if spec.secrets}


def standing(store: Store, name: str) -> Record:
    """{account, state, until, reason, since, session}: how it stands with this account.

    state: "well"; "throttled": until then its API gives it nothing; "rested": it may be tried again, by one turn first;
    "tried": by that session; "login": it wants one.
    """
    return _standing(name, store.query_one("SELECT * FROM accounts_out WHERE account = ?", (name,)))


def out(store: Store) -> list[Record]:
    """The standing of every account that is not well."""
    return [_standing(row["account"], row) for row in store.query("SELECT * FROM accounts_out ORDER BY account")]


def _standing(name: str, row: Record | None) -> Record:
    if row is None:
        return {"account": name, "state": "well", "until": None, "reason": "", "since": None, "session": ""}
    return {**row, "until": utc(row["until"]), "since": utc(row["since"])}


def listing(store: Store) -> list[Record]:
    """{name, vendor, secrets, passed, config_dir} and its standing, by name: those that were added."""
    return [{**msgspec.to_builtins(spec), **_told(store, name)} for name, spec in specs(store).items()]


def _told(store: Store, name: str) -> Record:
    known = standing(store, name)
    return {key: known[key] for key in ("state", "until", "reason", "since", "session")}
