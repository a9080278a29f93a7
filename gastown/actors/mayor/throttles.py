"""Rules about agents whose API gives them nothing for now.

- Such an agent is given no bead until the time that its API named; a bead that came back from it keeps its counts.
- One that needs a person (a login, a key) blocks the bead it was on, and says so.
"""

from gastown.actors.commands.mayor import FreeAgent, ReportAttempt
from gastown.actors.effects import RemindAt
from gastown.actors.kernel.role import Change, Decision
from gastown.actors.mayor.state import Mayor
from gastown.events import agent, bead
from gastown.events.ids import AgentName, Entity


def after_attempt(state: Mayor, name: AgentName, command: ReportAttempt) -> list[Change]:
    """What follows for the agent of an attempt, and for its bead."""
    if command.outcome == "agent_broke" and command.retry_at is None:
        return [Change(Entity(bead.KIND, command.bead), bead.BeadBlocked(reason=f"agent {name}: {command.reason}"))]
    if command.retry_at is None or command.retry_at <= state.throttled.get(name, 0.0):
        return []
    return [_on(name, agent.AgentThrottled(until=command.retry_at, reason=command.reason))]


def free_agent(state: Mayor, command: FreeAgent) -> Decision:
    """Its time has come, unless it was throttled anew meanwhile."""
    if state.throttled.get(command.agent) != command.until:
        return ()
    return (_on(command.agent, agent.AgentFreed()),)


def reminders(state: Mayor) -> list[RemindAt]:
    return [
        RemindAt(
            key=f"remind:agent:{name}:{until}",
            about=Entity(agent.KIND, name),
            at=until,
            command=FreeAgent(agent=name, until=until),
        )
        for name, until in state.throttled.items()
    ]


def _on(name: AgentName, event: agent.AgentThrottled | agent.AgentFreed) -> Change:
    return Change(Entity(agent.KIND, name), event)
