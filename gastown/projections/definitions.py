"""What was set: agents defined by `gt agent add`, and the settings with their defaults."""

import msgspec

from gastown.events.agent import AgentAdded, AgentFreed, AgentRemoved, AgentSpec, AgentThrottled
from gastown.events.envelope import Recorded
from gastown.events.settings import DEFAULTS, SettingChanged
from gastown.projections.fitness import unfit
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

# Which agent is the default depends on the order in which all were added and removed: so the few facts are kept, and
# folded when asked.
AGENT_FACTS = Table(
    "agent_facts",
    key=("position", "ordinal"),
    columns={"position": 0, "ordinal": 0, "name": "", "spec": None, "is_default": 0},
)
THROTTLES = Table("throttles", key=("agent",), columns={"agent": "", "until": 0.0, "reason": ""})
SETTINGS = Table("settings", key=("name",), columns={"name": "", "value": 0})

definitions = Projection("definitions", 2, AGENT_FACTS, THROTTLES, SETTINGS)


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
    gone = AGENT_FACTS.put(position=at.position, ordinal=at.index, name=at.entity.id)
    return (gone, THROTTLES.delete(at.entity.id))


@definitions.on(AgentThrottled)
def throttled(at: Recorded, event: AgentThrottled) -> Changes:
    return (THROTTLES.put(agent=at.entity.id, until=event.until, reason=event.reason),)


@definitions.on(AgentFreed)
def freed(at: Recorded, _: AgentFreed) -> Changes:
    return (THROTTLES.delete(at.entity.id),)


@definitions.on(SettingChanged)
def setting_changed(_: Recorded, event: SettingChanged) -> Changes:
    return (SETTINGS.put(name=event.name, value=event.value),)


def specs(store: Store) -> tuple[dict[str, AgentSpec], str]:
    """Agents by name, and the name of the default one: the last added as such, else the first there was, or ""."""
    found: dict[str, AgentSpec] = {}
    default = ""
    for row in store.query("SELECT * FROM agent_facts ORDER BY position, ordinal"):
        name = row["name"]
        if row["spec"] is None:
            found.pop(name, None)
            default = "" if default == name else default
        else:
            found[name] = msgspec.json.decode(row["spec"], type=AgentSpec)
            default = name if row["is_default"] or not default else default
    return found, default


def agents(store: Store) -> list[Record]:
    """{name, vendor, command, model, arguments, env, timeout, turn_cost, tells_usage, sandbox, reads, writes, default,
    throttled, unfit}, by name.

    turn_cost: USD, null: as it turns out. env: null for the host's own. throttled: {until, reason}, null: it is given
    beads. unfit: {reason, since}, null: it passed its check, or had none yet.
    """
    found, default = specs(store)
    broken = unfit(store)
    throttles = {row["agent"]: row for row in store.query("SELECT * FROM throttles")}
    return [
        {
            "name": name,
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
            "default": name == default,
            "throttled": _throttle(throttles.get(name)),
            "unfit": broken.get(name),
        }
        for name, spec in sorted(found.items())
    ]


def _throttle(row: Record | None) -> Record | None:
    return None if row is None else {"until": utc(row["until"]), "reason": row["reason"]}


def settings(store: Store) -> dict[str, int]:
    """Every setting, set or by default."""
    return DEFAULTS | {row["name"]: row["value"] for row in store.query("SELECT * FROM settings ORDER BY name")}
