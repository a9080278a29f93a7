"""Rules about agent definitions, and who works where.

- A bead is worked on by the agent that its sling named, else its rig's, else the town's (agent.polecat).
- What is counted on is not removed: by a bead that is slung, a rig, another agent's fallback list.
"""

from collections.abc import Iterator

from gastown.actors.commands.accounts import AddAgent, ChangeAgent, PreferAgent, RemoveAgent
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor.fitness import is_unfit
from gastown.actors.mayor.phases import Working
from gastown.actors.mayor.state import Bead, Mayor
from gastown.events import agent
from gastown.events.agent import AgentEvent, AgentSpec
from gastown.events.ids import NAME, AgentName, BeadId, Entity


def _on(name: AgentName, event: AgentEvent) -> tuple[Change, ...]:
    return (Change(Entity(agent.KIND, name), event),)


def unknown_agent(name: AgentName) -> Rejected:
    return Rejected(f"there is no agent {name}", "see them: gt agent list", "unknown")


def add_agent(state: Mayor, command: AddAgent) -> Decision:
    name = command.spec.name
    if not NAME.fullmatch(name):
        return Rejected(f"{name!r} cannot be an agent's name", "letters, digits, - and _, at most 63", "usage")
    if name in state.agents:
        return Rejected(f"there is an agent {name} already", f"change it: gt agent set {name}", "taken")
    added = agent.AgentAdded(spec=command.spec, default=command.default)
    return _wrong_names(state, command.spec) or _on(name, added)


def change_agent(state: Mayor, command: ChangeAgent) -> Decision:
    """Sessions at work go on as they were begun."""
    name = command.spec.name
    if name not in state.agents:
        return unknown_agent(name)
    wrong = _wrong_names(state, command.spec)
    if wrong is not None:
        return wrong
    changed = () if state.agents[name] == command.spec else _on(name, agent.AgentChanged(spec=command.spec))
    preferred = command.default and state.default_agent != name
    return (*changed, *(_on(name, agent.AgentPreferred()) if preferred else ()))


def prefer_agent(state: Mayor, command: PreferAgent) -> Decision:
    if command.agent not in state.agents:
        return unknown_agent(command.agent)
    return () if state.default_agent == command.agent else _on(command.agent, agent.AgentPreferred())


def _wrong_names(state: Mayor, spec: AgentSpec) -> Rejected | None:
    for name in spec.fallbacks:
        if name == spec.name:
            return Rejected(f"{name} cannot be its own fallback", "name another agent: --fallback OTHER", "usage")
        if name not in state.agents:
            return unknown_agent(name)
    for name in spec.accounts:
        known = state.account(name).spec
        if known is None:
            return Rejected(f"there is no account {name}", "see them: gt account list", "unknown")
        if known.vendor != spec.vendor:
            reason = f"account {name} is one of {known.vendor}, and {spec.name} works with {spec.vendor}"
            return Rejected(reason, f"gt account add NAME --vendor {spec.vendor}", "usage")
    return None


def remove_agent(state: Mayor, command: RemoveAgent) -> Decision:
    name = command.agent
    if name not in state.agents:
        return unknown_agent(name)
    users = [key for key in (*state.slung, *state.active) if _would_use(state, key, name)]
    if users:
        return Rejected(f"{len(users)} slung beads count on {name}", f"gt unsling {' '.join(users[:5])}")
    for key, known in state.rigs.items():
        if known.config.agent == name and not known.removed:
            return Rejected(f"rig {key} is worked on by {name}", f"gt rig set {key} --agent OTHER, or --agent ''")
    for key, spec in state.agents.items():
        if name in spec.fallbacks:
            return Rejected(f"{name} is a fallback of {key}", f"gt agent set {key} --fallback OTHER, or --fallback ''")
    return _on(name, agent.AgentRemoved())


def _would_use(state: Mayor, key: BeadId, name: AgentName) -> bool:
    one = state.beads[key]
    return (one.phase.agent if isinstance(one.phase, Working) else agent_meant(state, one)) == name


def agent_meant(state: Mayor, one: Bead) -> AgentName:
    """Whose work it is in the first place; "" where nobody is named."""
    rig = state.rigs.get(one.rig)
    return one.agent or (rig.config.agent if rig else "") or state.default_agent


def agents_for(state: Mayor, one: Bead) -> Iterator[AgentSpec]:
    """Who may work on it, the first choice first. Fallbacks of fallbacks are nobody's."""
    first = state.agents.get(agent_meant(state, one))
    for name in (first.name, *first.fallbacks) if first else ():
        spec = state.agents.get(name)
        if spec is not None and name not in state.parked_agents and not is_unfit(state, name):
            yield spec
