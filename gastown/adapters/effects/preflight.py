"""An agent's check as the town asks for it, and as a session does before its program is started the first time."""

from gastown.actors.effects import RunSession
from gastown.actors.errands import AgentReport, AskAgentCheck
from gastown.adapters.effects.check_agent import WallsFor
from gastown.adapters.effects.environment import worker_environment
from gastown.adapters.effects.site import Job, Site
from gastown.adapters.effects.walls import has_walls, walls_for
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
    spec, account = question.spec, question.account
    walls = _walls(site, spec, account, network=True) if spec.sandbox == "bwrap" else None
    return await site.agent_checks.check(spec, environment, mark, walls=walls, turn=question.turn)


async def trouble(job: Job, effect: RunSession) -> str:
    """Why this session's agent should not be started; "": it passed its check, behind the walls that it will have, now
    or before."""
    site, account, policy = job.site, job.errand.account, job.errand.policy
    if site.agent_checks is None:
        return ""
    session = _session(effect.agent)
    environment = worker_environment(site, session, job.traceparent, account)
    network = policy is None or policy.network
    walls = _walls(site, effect.agent, account, network=network) if has_walls(job, effect) else None
    return await site.agent_checks.trouble(effect.agent, environment, site.mark(session.session), walls=walls)


def _walls(site: Site, spec: AgentSpec, account: AccountSpec | None, *, network: bool) -> WallsFor:
    return lambda sandbox, folder: walls_for(site.town, spec, account, sandbox, folder, network=network)


def _session(spec: AgentSpec) -> RunSession:
    """Nobody's, by which its program sees of the world what it would see in one."""
    name = f"check-{new_id()}"
    about = Entity(agent.KIND, spec.name)
    return RunSession(key=name, about=about, session=name, rig="", bead="", polecat="", agent=spec)
