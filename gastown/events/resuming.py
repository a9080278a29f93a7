"""Going on after a death: that a session's agent was gone, and that another run of its program goes on with its work.

Owner: the session's Polecat.
"""

from typing import Literal, TypeAlias

from gastown.events.fact import Fact

How: TypeAlias = Literal[
    "resume",  # with the conversation it had: the vendor's own program has found it again
    "handoff",  # with a new one, which was told in writing what there is to know
]


class AgentLost(Fact, tag="session.agent_lost", frozen=True, kw_only=True):
    """Nothing of its agent runs any more, and nobody had told the agent to end; its sandbox is as the agent left it.

    run: which of its runs that was, from 0.
    """

    run: int
    reason: str


class SessionResumed(Fact, tag="session.resumed", frozen=True, kw_only=True):
    """Its agent runs again, in the same sandbox, and has begun with the turn that was ordered last.

    run: which of its runs this is. pid, started: see SessionStarted.
    """

    run: int
    how: How
    pid: int
    started: int


ResumingEvent: TypeAlias = AgentLost | SessionResumed
