"""Polecats: workers with a permanent name, one bead at a time. Entity id: `<rig>.<name>`. Owner: the rig's Witness."""

from typing import TypeAlias

from gastown.events.fact import Fact
from gastown.events.ids import AgentName, BeadId, SessionId

KIND = "polecat"


class PolecatAssigned(Fact, tag="polecat.assigned", frozen=True, kw_only=True):
    bead: BeadId
    session: SessionId
    agent: AgentName


class PolecatReleased(Fact, tag="polecat.released", frozen=True, kw_only=True):
    """Its session ended and whoever had to know was told: it is free for another bead."""

    session: SessionId
    outcome: str


PolecatEvent: TypeAlias = PolecatAssigned | PolecatReleased
