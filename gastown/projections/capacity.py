"""What a town can take on now: its rigs, its free places, its agents, its money."""

import msgspec

from gastown.events.budget import DAY, SECONDS
from gastown.events.rig import RigConfig
from gastown.projections import budgets, costs, definitions, holds, host, rigs
from gastown.projections.kernel.store import Record, Store
from gastown.projections.ready import ACTIVE_NEED, ready


class Rig(msgspec.Struct, frozen=True, kw_only=True):
    """state: "active"; else it takes no new work. agent: who works there where none is named, "" for the town's."""

    name: str
    state: str
    origin: str
    agent: str = ""


class Agent(msgspec.Struct, frozen=True, kw_only=True):
    """out: why it begins nothing now, "" if it does. lasting: only a person can change that."""

    name: str
    vendor: str
    out: str = ""
    lasting: bool = False


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """A budget of the whole town, of its day or of a rig. left: USD."""

    scope: str
    left: float


class Beads(msgspec.Struct, frozen=True, kw_only=True):
    """ready: could be slung. waiting: slung, and could begin if there was a place. at_work: a worker has it, or it is
    being landed. blocked: only a person can go on with it."""

    ready: int = 0
    waiting: int = 0
    at_work: int = 0
    blocked: int = 0


class Capacity(msgspec.Struct, frozen=True, kw_only=True):
    """now, most: workers. cost: USD, of today (UTC). held: why the town begins nothing, "" if it does. agent: the
    default one, "" for none. accepts: from which towns it takes beads, as the setting towns.accept."""

    town: str
    now: int
    most: int
    beads: Beads
    cost: float
    rigs: tuple[Rig, ...]
    agents: tuple[Agent, ...]
    agent: str
    money: tuple[Money, ...]
    held: str = ""
    accepts: str = "all"

    @property
    def free(self) -> int:
        """Places that nobody has, nor waits for; less than 0 where more wait than there are places."""
        return self.most - self.now - self.beads.waiting


def capacity(store: Store, town: str, now: float) -> Capacity:
    """now: seconds since the epoch."""
    _, default = definitions.specs(store)
    shown = definitions.agents(store)
    held = holds.on_town(store)
    midnight = now // SECONDS * SECONDS
    return Capacity(
        town=town,
        now=_count(store, "polecats WHERE session IS NOT NULL"),
        most=definitions.settings(store)["max_polecats"] + host.slots(store),
        beads=_beads(store),
        cost=round(sum(row["cost"] for row in costs.costs(store, "", midnight)), 6),
        rigs=tuple(_rig(store, row) for row in rigs.listing(store)),
        agents=tuple(_agent(shown, one) for one in shown),
        agent=default,
        money=tuple(
            Money(scope=one["scope"], left=one["left"])
            for one in budgets.listing(store, now)
            if one["scope"] in ("town", DAY) or one["scope"].startswith("rig:")
        ),
        held=held[0]["reason"] if held else "",
        accepts=definitions.texts(store)["towns.accept"],
    )


def _count(store: Store, what: str) -> int:
    return int(store.query(f"SELECT count(*) AS many FROM {what}")[0]["many"])


def _beads(store: Store) -> Beads:
    return Beads(
        ready=len(ready(store)),
        waiting=_count(
            store, f"beads WHERE state = 'slung' AND slung_to = '' AND session = '' AND NOT EXISTS ({ACTIVE_NEED})"
        ),
        at_work=_count(store, "beads WHERE state IN ('running', 'submitted') OR state = 'slung' AND session != ''"),
        blocked=_count(store, "beads WHERE state IN ('blocked', 'escalated', 'parked')"),
    )


def _rig(store: Store, row: Record) -> Rig:
    config = rigs.config(store, row["name"]) or RigConfig(origin="", target="", landing="", prefix="")
    return Rig(name=row["name"], state=row["state"], origin=config.origin, agent=config.agent)


def _agent(known: list[Record], one: Record) -> Agent:
    name, vendor, throttled = one["name"], one["vendor"], one["throttled"]
    locked = definitions.locked_out(known, name)
    if locked is not None:
        return Agent(name=name, vendor=vendor, out=locked[0], lasting=True)
    return Agent(name=name, vendor=vendor, out=throttled["reason"] if throttled else "")
