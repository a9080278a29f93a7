"""Whether an agent's program passes its check on this machine. Owner: the Mayor, as of all about agents."""

from typing import TypeAlias

from gastown.events.fact import Fact


class AgentFoundUnfit(Fact, tag="agent.found_unfit", frozen=True, kw_only=True):
    """It is given no bead until it passes: nothing it would be given could be done. reason: the steps that failed."""

    reason: str


class AgentFoundFit(Fact, tag="agent.found_fit", frozen=True, kw_only=True):
    """It passed again. version: of its program, as that says."""

    version: str = ""


FitnessEvent: TypeAlias = AgentFoundUnfit | AgentFoundFit
