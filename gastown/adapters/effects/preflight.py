"""An agent's check as the town asks for it, and as a session does before its program is started the first time."""

from gastown.actors.effects import RunSession
from gastown.actors.errands import AgentReport, AskAgentCheck
from gastown.adapters.effects.environment import worker_environment
from gastown.adapters.effects.site import Site
from gastown.clock import new_id
from gastown.errors import RefusedError
from gastown.events import agent
from gastown.events.account import AccountSpec
from gastown.events.agent import AgentSpec
from gastown.events.ids import Entity


async def check_agent(site: Site, question: AskAgentCheck, traceparent: str) -> AgentReport:
    """Raises RefusedError where programs of this machine are not tried."""
    if site.agent_checks is None:
        msg = "this host tries no programs"
        raise RefusedError(msg)
    session = _session(question.spec)
    environment = worker_environment(site, session, traceparent, question.account)
    mark = site.mark(session.session)
    return await site.agent_checks.check(question.spec, environment, mark, turn=question.turn)


async def trouble(site: Site, effect: RunSession, traceparent: str, account: AccountSpec | None) -> str:
    """Why this session's agent should not be started; "": it passed its check, now or before."""
    if site.agent_checks is None:
        return ""
    session = _session(effect.agent)
    environment = worker_environment(site, session, traceparent, account)
    return await site.agent_checks.trouble(effect.agent, environment, site.mark(session.session))


def _session(spec: AgentSpec) -> RunSession:
    """Nobody's, by which its program sees of the world what it would see in one."""
    name = f"check-{new_id()}"
    about = Entity(agent.KIND, spec.name)
    return RunSession(key=name, about=about, session=name, rig="", bead="", polecat="", agent=spec)
