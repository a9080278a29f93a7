"""Rules about agents whose program does not pass its check on this machine.

- Such an agent is given no bead until it passes: the bead whose session found it out waits again, with its counts.
- A person is asked, once for the agent and not for each of its beads.
"""

from collections.abc import Iterator

import msgspec
from immutables import Map

from gastown.actors.commands.deacon import DEACON, CloseEscalation, RaiseEscalation
from gastown.actors.commands.fitness import ReportAgentCheck
from gastown.actors.commands.mayor import ReportAttempt
from gastown.actors.effects import Message, Tell
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor.state import Fitness, Mayor
from gastown.events import agent
from gastown.events.fitness import AgentFoundFit, AgentFoundUnfit, FitnessEvent
from gastown.events.ids import AgentName, Entity

UNFIT = "agent_unfit"
"""The outcome of a session that found it out."""


def is_unfit(state: Mayor, name: AgentName) -> bool:
    known = state.fitness.get(name)
    return known is not None and known.reason != ""


def after_attempt(state: Mayor, name: AgentName, command: ReportAttempt) -> tuple[Change, ...]:
    """Several sessions may find it out at a time."""
    if command.outcome != UNFIT or is_unfit(state, name):
        return ()
    return (_on(name, AgentFoundUnfit(reason=command.reason or "its check failed")),)


def report_check(state: Mayor, command: ReportAgentCheck) -> Decision:
    if command.agent not in state.agents:
        return Rejected(f"there is no agent {command.agent}", "see them: gt agent list", "unknown")
    known = state.fitness.get(command.agent)
    if not command.trouble:
        return (_on(command.agent, AgentFoundFit(version=command.version)),) if is_unfit(state, command.agent) else ()
    if known is not None and known.reason == command.trouble:
        return ()
    return (_on(command.agent, AgentFoundUnfit(reason=command.trouble)),)


def evolve(fitness: Map[AgentName, Fitness], name: AgentName, event: FitnessEvent) -> Map[AgentName, Fitness]:
    known = fitness.get(name, Fitness())
    if isinstance(event, AgentFoundUnfit):
        return fitness.set(name, Fitness(found=known.found + 1, reason=event.reason))
    return fitness.set(name, msgspec.structs.replace(known, reason=""))


def forgotten(fitness: Map[AgentName, Fitness], name: AgentName) -> Map[AgentName, Fitness]:
    """The agent is gone, and asks for nobody any more."""
    known = fitness.get(name)
    return fitness if known is None else fitness.set(name, msgspec.structs.replace(known, reason=""))


def escalations(state: Mayor) -> Iterator[Tell]:
    """The last word of each that was ever unfit."""
    for name, known in state.fitness.items():
        about, key = Entity(agent.KIND, name), f"agent.{name}.{known.found}"
        if known.reason:
            reason, hint = f"agent {name} did not pass its check: {known.reason}", f"gt agent check {name}"
            raised = RaiseEscalation(escalation=key, about=about, severity="high", reason=reason, hint=hint)
            yield Tell(key=f"tell:raise:{key}", about=about, messages=(Message(DEACON, raised),))
            earlier = known.found - 1
        else:
            earlier = known.found
        if earlier:
            closed = CloseEscalation(escalation=f"agent.{name}.{earlier}", how="it passed, or was tried anew")
            yield Tell(key=f"tell:lower:agent.{name}.{earlier}", about=about, messages=(Message(DEACON, closed),))


def _on(name: AgentName, event: FitnessEvent) -> Change:
    return Change(Entity(agent.KIND, name), event)
