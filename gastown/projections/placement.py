"""Where a bead could go, for `--to any`: which towns can take it, the best first, and why the others cannot. Pure.

- A town takes it whose rig of that name is the same project, and takes new work, by an agent that is there and fit.
- A town that is away, held, or out of money for it is not asked.
- The town with the most free places comes first; among equals the one whose agent can begin at once, then the one with
  the most money left, then by name. A full town can still be asked: the bead waits there.
"""

import math
from collections.abc import Iterable

import msgspec

from gastown.events.budget import DAY
from gastown.projections.capacity import Agent, Capacity, Rig


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the bead needs. rig: by name. origin: of that rig at home, "" for any. agent: by name, "" for whoever works
    there. vendor: of that agent, "" for any. home: the town that asks."""

    rig: str
    home: str = ""
    origin: str = ""
    agent: str = ""
    vendor: str = ""


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """can: it may be asked. reason: what speaks for it, or why it cannot."""

    town: str
    can: bool
    reason: str


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """A town as it is known here. away: why it cannot be asked now, "" if it can."""

    capacity: Capacity
    away: str = ""


def candidates(towns: Iterable[Seen], wanted: Wanted) -> tuple[Candidate, ...]:
    """Those that can take it, the best first; then those that cannot, by name."""
    able: list[Capacity] = []
    unable: list[Candidate] = []
    for seen in towns:
        trouble = _trouble(seen, wanted)
        if trouble:
            unable.append(Candidate(town=seen.capacity.town, can=False, reason=trouble))
        else:
            able.append(seen.capacity)
    able.sort(key=lambda town: _rank(town, wanted))
    unable.sort(key=lambda candidate: candidate.town)
    asked = [Candidate(town=town.town, can=True, reason=_speaks_for(town, wanted.rig)) for town in able]
    return (*asked, *unable)


def _rank(town: Capacity, wanted: Wanted) -> tuple[int, bool, int, float, str]:
    agent = _agent(town, wanted)
    at_once = agent is not None and not agent.out
    return -max(town.free, 0), not at_once, -town.free, -_left(town, wanted.rig), town.town


def _trouble(seen: Seen, wanted: Wanted) -> str:
    """Why it cannot take it, "" if it can."""
    town = seen.capacity
    rig = next((rig for rig in town.rigs if rig.name == wanted.rig), None)
    if seen.away:
        return seen.away
    if wanted.home not in ("", town.town) and town.accepts != "all" and wanted.home not in town.accepts.split(","):
        return f"it takes no beads from {wanted.home}"
    if rig is None:
        return f"it has no rig {wanted.rig}"
    if wanted.origin and project(rig.origin) != project(wanted.origin):
        return f"its rig {rig.name} is another project: {project(rig.origin)}"
    if town.held or rig.state != "active":
        return town.held or f"its rig {rig.name} is {rig.state}"
    if not town.most:
        return "it lets nobody work: max_polecats is 0"
    spent = next((one for one in _money(town, rig.name) if one[1] <= 0), None)
    return f"its budget {spent[0]} is spent" if spent else _unstaffed(town, rig, wanted)


def _unstaffed(town: Capacity, rig: Rig, wanted: Wanted) -> str:
    agent = _agent(town, wanted)
    if agent is None:
        name = wanted.agent or rig.agent or town.agent
        return f"it has no agent {name}" if name else "it has no agent"
    if wanted.vendor and agent.vendor != wanted.vendor:
        return f"its agent {agent.name} is of {agent.vendor}"
    return agent.out if agent.lasting else ""


def _agent(town: Capacity, wanted: Wanted) -> Agent | None:
    rig = next((rig for rig in town.rigs if rig.name == wanted.rig), None)
    name = wanted.agent or (rig.agent if rig else "") or town.agent
    return next((agent for agent in town.agents if agent.name == name), None)


def _money(town: Capacity, rig: str) -> list[tuple[str, float]]:
    """The budgets that such work counts for, and what is left of each."""
    return [(one.scope, one.left) for one in town.money if one.scope in ("town", DAY, f"rig:{rig}")]


def _left(town: Capacity, rig: str) -> float:
    """USD; without end where no budget is set."""
    return min((left for _, left in _money(town, rig)), default=math.inf)


def _speaks_for(town: Capacity, rig: str) -> str:
    places = f"{town.free} of {town.most} places free" if town.free > 0 else f"all {town.most} places taken"
    left = _left(town, rig)
    return places if math.isinf(left) else f"{places}, {left:.2f} USD left"


def project(origin: str) -> str:
    """The same for all the ways to write one origin: git@host:me/app.git, https://host/me/app."""
    _, is_url, rest = origin.strip().partition("://")
    if is_url:
        host, _, path = rest.partition("/")
        host = host.rpartition("@")[2].partition(":")[0]
    elif ":" in origin and not origin.startswith("/"):
        host, _, path = origin.strip().partition(":")
        host = host.rpartition("@")[2]
    else:
        host, path = "", origin.strip()
    return f"{host.lower()}/{path.strip('/').removesuffix('.git')}"
