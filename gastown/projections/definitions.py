"""What was set: agents defined by `gt agent add`, and the settings with their defaults."""

import msgspec

from gastown.events.account import own
from gastown.events.agent import AgentAdded, AgentChanged, AgentPreferred, AgentRemoved, AgentSpec
from gastown.events.envelope import Recorded
from gastown.events.settings import DEFAULTS, TEXTS, SettingChanged, TextSettingChanged
from gastown.projections import accounts
from gastown.projections.fitness import unfit
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table

# Which agent is the default depends on the order in which all were added and removed: so the few facts are kept, and
# folded when asked.
AGENT_FACTS = Table(
    "agent_facts",
    key=("position", "ordinal"),
    columns={"position": 0, "ordinal": 0, "name": "", "spec": None, "is_default": 0, "gone": 0},
)
SETTINGS = Table("settings", key=("name",), columns={"name": "", "value": 0})
TEXT_SETTINGS = Table("text_settings", key=("name",), columns={"name": "", "text": ""})

definitions = Projection("definitions", 3, AGENT_FACTS, SETTINGS, TEXT_SETTINGS)


@definitions.on(AgentAdded)
def added(at: Recorded, event: AgentAdded) -> Changes:
    row = AGENT_FACTS.put(
        position=at.position,
        ordinal=at.index,
        name=at.entity.id,
        spec=msgspec.json.encode(event.spec).decode(),
        is_default=int(event.default),
    )
    return (row,)


@definitions.on(AgentRemoved)
def removed(at: Recorded, _: AgentRemoved) -> Changes:
    return (AGENT_FACTS.put(position=at.position, ordinal=at.index, name=at.entity.id, gone=1),)


@definitions.on(AgentChanged)
def changed(at: Recorded, event: AgentChanged) -> Changes:
    spec = msgspec.json.encode(event.spec).decode()
    return (AGENT_FACTS.put(position=at.position, ordinal=at.index, name=at.entity.id, spec=spec),)


@definitions.on(AgentPreferred)
def preferred(at: Recorded, _: AgentPreferred) -> Changes:
    return (AGENT_FACTS.put(position=at.position, ordinal=at.index, name=at.entity.id, is_default=1),)


@definitions.on(SettingChanged)
def setting_changed(_: Recorded, event: SettingChanged) -> Changes:
    return (SETTINGS.put(name=event.name, value=event.value),)


@definitions.on(TextSettingChanged)
def text_setting_changed(_: Recorded, event: TextSettingChanged) -> Changes:
    return (TEXT_SETTINGS.put(name=event.name, text=event.text),)


def texts(store: Store) -> dict[str, str]:
    """The settings that are texts, with the defaults of those that were never changed."""
    return {**TEXTS, **{row["name"]: row["text"] for row in store.query("SELECT * FROM text_settings")}}


def specs(store: Store) -> tuple[dict[str, AgentSpec], str]:
    """Agents by name, and the name of the default one: the last that was made it, else the first there was, or ""."""
    found: dict[str, AgentSpec] = {}
    default = ""
    for row in store.query("SELECT * FROM agent_facts ORDER BY position, ordinal"):
        name = row["name"]
        if row["gone"]:
            found.pop(name, None)
            default = "" if default == name else default
            continue
        if row["spec"] is not None:
            default = default if name in found else default or name
            found[name] = msgspec.json.decode(row["spec"], type=AgentSpec)
        default = name if row["is_default"] else default
    return found, default


def agents(store: Store) -> list[Record]:
    """{name, vendor, command, model, arguments, env, timeout, turn_cost, tells_usage, sandbox, reads, writes, accounts,
    fallbacks, default, throttled, unfit}, by name.

    turn_cost: USD, null: as it turns out. env: null for the host's own. accounts: how each stands, see
    `accounts.standing`; of one that names none, its own. throttled: {until, reason}, null: it is given beads; until:
    null where one of its accounts wants a login. unfit: {reason, since}, null: it passed its check, or had none yet.
    """
    found, default = specs(store)
    broken = unfit(store)
    rows: list[Record] = []
    for name, spec in sorted(found.items()):
        works = [accounts.standing(store, account) for account in spec.accounts or (own(name),)]
        rows.append({**_agent(spec, works, default == name), "unfit": broken.get(name)})
    return rows


def _agent(spec: AgentSpec, works: list[Record], default: bool) -> Record:
    return {
        "name": spec.name,
        "vendor": spec.vendor,
        "command": spec.command,
        "model": spec.model,
        "arguments": list(spec.arguments),
        "env": dict(spec.env),
        "timeout": spec.timeout,
        "turn_cost": spec.turn_cost,
        "tells_usage": spec.tells_usage,
        "sandbox": spec.sandbox,
        "reads": list(spec.reads),
        "writes": list(spec.writes),
        "accounts": works,
        "fallbacks": list(spec.fallbacks),
        "default": default,
        "throttled": _throttled(works),
    }


def _throttled(works: list[Record]) -> Record | None:
    """Nobody begins anything under any of these."""
    if any(one["state"] not in ("throttled", "login") for one in works):
        return None
    first = min(works, key=lambda one: one["until"] or "~")
    return {"until": first["until"], "reason": first["reason"]}


def locked_out(known: list[Record], name: str) -> tuple[str, str] | None:
    """Why nobody can begin what is agent `name`'s ("": the default one's) until a person does something, and what.

    known: all agents, see `agents`. None: somebody can, sooner or later.
    """
    by_name = {one["name"]: one for one in known}
    first = by_name.get(name) if name else next((one for one in known if one["default"]), None)
    if first is None:
        return (f"there is no agent {name}".strip(), "gt agent add NAME, or gt config set agent.polecat NAME")
    asked = [first, *(by_name[other] for other in first["fallbacks"] if other in by_name)]
    fit = [agent for agent in asked if not agent["unfit"]]
    if any(one["state"] != "login" for agent in fit for one in agent["accounts"]):
        return None
    if first["unfit"]:
        reason = f"agent {first['name']} did not pass its check: {first['unfit']['reason']}"
        return reason, f"gt agent check {first['name']}"
    one = first["accounts"][0]
    return f"account {one['account']} wants a login: {one['reason']}", f"log in, then: gt account ok {one['account']}"


def settings(store: Store) -> dict[str, int]:
    """Every setting, set or by default."""
    return DEFAULTS | {row["name"]: row["value"] for row in store.query("SELECT * FROM settings ORDER BY name")}
