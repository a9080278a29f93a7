"""Agents whose program does not pass its check on this machine, and why."""

from gastown.events.agent import AgentRemoved
from gastown.events.envelope import Recorded
from gastown.events.fitness import AgentFoundFit, AgentFoundUnfit
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

UNFIT = Table("unfit_agents", key=("agent",), columns={"agent": "", "reason": "", "since": 0.0})

fitness = Projection("fitness", 1, UNFIT)


@fitness.on(AgentFoundUnfit)
def found_unfit(at: Recorded, event: AgentFoundUnfit) -> Changes:
    return (UNFIT.put(agent=at.entity.id, reason=event.reason, since=at.envelope.time),)


@fitness.on(AgentFoundFit)
def found_fit(at: Recorded, _: AgentFoundFit) -> Changes:
    return (UNFIT.delete(at.entity.id),)


@fitness.on(AgentRemoved)
def removed(at: Recorded, _: AgentRemoved) -> Changes:
    return (UNFIT.delete(at.entity.id),)


def unfit(store: Store) -> dict[str, Record]:
    """{reason, since}, by agent."""
    rows = store.query("SELECT * FROM unfit_agents ORDER BY agent")
    return {row["agent"]: {"reason": row["reason"], "since": utc(row["since"])} for row in rows}
