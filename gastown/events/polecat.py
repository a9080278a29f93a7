"""Polecats: workers with a permanent name, one bead at a time. Entity id: `<rig>.<name>`. Owner: the rig's Witness."""

from typing import TypeAlias

from gastown.events.agent import AgentSpec
from gastown.events.fact import Fact
from gastown.events.ids import AccountName, AgentName, BeadId, HostName, SessionId
from gastown.events.session import Earlier

KIND = "polecat"


class PolecatAssigned(Fact, tag="polecat.assigned", frozen=True, kw_only=True):
    """All its session is opened with. number: of the session, and the epoch of the Mayor's claim."""

    bead: BeadId
    session: SessionId
    agent: AgentName
    number: int
    spec: AgentSpec
    account: AccountName = ""
    title: str = ""
    priority: int = 2
    earlier: Earlier | None = None
    host: HostName = ""


class PolecatReleased(Fact, tag="polecat.released", frozen=True, kw_only=True):
    """Its session ended and whoever had to know was told: it is free for another bead."""

    session: SessionId
    outcome: str


PolecatEvent: TypeAlias = PolecatAssigned | PolecatReleased
