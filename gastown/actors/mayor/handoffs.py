"""Rules about beads that are handed on: to another agent, or again and again.

- A bead at work, waiting or blocked is given another agent by a sling that names one; its session is handed on.
- Sessions that are handed on of their own accord with nothing newly committed are limited; then it takes a person.
"""

from gastown.actors.commands.mayor import ReportAttempt, SlingBeads
from gastown.actors.kernel.role import Change
from gastown.actors.mayor.beads import on_bead
from gastown.actors.mayor.phases import Blocked, Slung, Working
from gastown.actors.mayor.state import Bead, Mayor
from gastown.events import bead
from gastown.events.ids import AgentName, BeadId


def agent_change(state: Mayor, key: BeadId, command: SlingBeads) -> Change | None:
    """What a sling means for a bead that is slung already. None: it is no change of the agent."""
    one = state.beads.get(key)
    if one is None or command.agent not in state.agents or command.rig not in ("", one.rig):
        return None
    match one.phase:
        case Working(session=session, agent=agent, withdrawn="") if agent != command.agent:
            return on_bead(key, bead.AgentChanged(agent=command.agent, session=session))
        case Slung() | Blocked() if one.agent != command.agent:
            return on_bead(key, bead.AgentChanged(agent=command.agent))
        case _:
            return None


def beyond_limit(state: Mayor, key: BeadId, one: Bead, command: ReportAttempt) -> list[Change]:
    limit = state.setting("limit.handoffs")
    if not command.barren or one.barren + 1 < limit:
        return []
    reason = f"{limit} sessions in a row were handed on with nothing committed; the last: {command.reason}"
    return [on_bead(key, bead.BeadBlocked(reason=reason))]


def reason_for(agent: AgentName) -> str:
    return f"agent {agent} is to go on with it"
