"""One session's agent, from the sandbox to the last process: how it is prepared, started, watched and stopped."""

from collections.abc import Mapping

import anyio
import msgspec

from gastown.actors.effects import Resume, RunSession
from gastown.adapters.agents.going_on import go_on
from gastown.adapters.agents.port import Agent, AgentSession, CannotError, Start
from gastown.adapters.agents.told import AgentExited
from gastown.adapters.effects.brief import brief_for, in_parts
from gastown.adapters.effects.conversation import Conversation
from gastown.adapters.effects.environment import server, setup_environment, worker_environment
from gastown.adapters.effects.keeping import kept_ref
from gastown.adapters.effects.outcomes import Ending
from gastown.adapters.effects.preflight import trouble
from gastown.adapters.effects.preparation import Preparation, prepare
from gastown.adapters.effects.saving import Saving
from gastown.adapters.effects.session_folder import Begun, SessionFolder
from gastown.adapters.effects.site import Job
from gastown.adapters.effects.taking_up import to_begin_anew, to_go_on
from gastown.adapters.effects.walls import has_walls, must_write, walls_of
from gastown.adapters.git.port import GitFailedError, RigGit, Sandbox
from gastown.adapters.processes.program import StartFailedError, Walls
from gastown.bus.texts import whole
from gastown.clock import now
from gastown.errors import GastownError, RefusedError, UnknownThingError
from gastown.events.account import own
from gastown.events.kept import Text
from gastown.events.rig import RigConfig
from gastown.events.session import Outcome
from gastown.events.turn import Failure


class PreventedError(Exception):
    """The agent could not be started. outcome: what the session ends as."""

    def __init__(self, outcome: Outcome, reason: str, tail: str = "") -> None:
        super().__init__(reason)
        self.ending = Ending(prevented=(outcome, reason), tail=tail)


class Attempt:
    """A session at work in this host. asked: what it is to end as, and why, once that is decided.

    aside: its agent is to be stopped, and to go on later in the same sandbox. died: why its agent is gone, where that
    was found out and not seen. over: set when nothing more is done for it here.
    """

    def __init__(self, job: Job, effect: RunSession, folder: SessionFolder, agents: Mapping[str, Agent]) -> None:
        self.sandbox: Sandbox | None = None
        self.git: RigGit | None = None
        self.conversation: Conversation | None = None
        self.asked: tuple[Outcome, str] | None = None
        self.aside = ""
        self.died = ""
        self.run = effect.run
        self.over = anyio.Event()
        self._exited: AgentExited | None = None
        self._job = job
        self._effect = effect
        self._folder = folder
        self._agents = agents
        self._still = job.site.holds.work(effect.rig)
        self._preparing = anyio.CancelScope()

    async def work(self) -> Ending:
        """Prepare, run, wait. Returns when the agent and all its processes are gone, whatever happens."""
        try:
            with self._preparing:
                await (self._take_up() if self._effect.resume else self._prepare())
            if self.conversation is None:
                return Ending(prevented=("interrupted", "stopped before its agent was started"))
            return await self._watch(self.conversation)
        except PreventedError as error:
            return error.ending
        finally:
            if self.conversation is not None:
                with anyio.CancelScope(shield=True):
                    await self.conversation.agent.stop(grace=0)

    async def stop(self, outcome: Outcome, reason: str, *, grace: float) -> None:
        """Have it end as `outcome`; the first to ask is obeyed, the shortest grace (seconds) counts."""
        self.asked = self.asked or (outcome, reason)
        self._preparing.cancel()
        if self.conversation is not None:
            await self.conversation.agent.stop(grace=grace)

    async def go_down(self, reason: str) -> None:
        """Its host ends: one that can go on waits for the next, the others are ended.

        Nobody knows when a host on another machine comes again: there all are ended, and brought home.
        """
        if (self._can_go_on or self._effect.resume) and not self._job.site.homeward.far:
            await self.put_aside(reason)
        else:
            await self.stop("interrupted", reason, grace=0)

    async def put_aside(self, reason: str) -> None:
        """Stop its agent, which is to go on later."""
        self.aside = self.aside or reason
        self._preparing.cancel()
        if self.conversation is not None:
            self.conversation.aside = True
            await self.conversation.agent.stop(grace=0)

    @property
    def never_ran(self) -> bool:
        """It was put aside before its agent was started: all is as it was."""
        return bool(self.aside) and self.conversation is None

    def lost(self) -> str:
        """Why its agent is gone before its time, if it is, and can go on; else ""."""
        if not self._can_go_on:
            return ""
        if self.died or self.conversation is None or self._exited is None:
            return self.died
        if self.aside:
            return self.aside
        failure = self.conversation.failure
        if self._exited.stopped or self._exited.timed_out:
            return ""
        if failure is not None and failure.kind != "crash" and not self.conversation.cut_off:
            return ""
        return f"its program ended: {failure.message}" if failure else "its program ended by itself"

    @property
    def _can_go_on(self) -> bool:
        if self.asked is not None or not self._effect.may_be_resumed:
            return False
        return self.conversation.known if self.conversation is not None else bool(self._effect.conversation)

    async def _take_up(self) -> None:
        """The sandbox of a run that is gone, as that left it."""
        await self._still.passed()
        sandbox = self.sandbox
        try:
            git = self.git = await self._job.site.rigs.ready(self._effect.rig, self._job.errand.rig)
            if sandbox is None:
                raise PreventedError("interrupted", "its sandbox is not known any more")
            await git.inspect(sandbox.worktree, sandbox.base)
            await git.unlock_sandbox(self._effect.session)
        except (GitFailedError, OSError) as error:
            raise PreventedError("interrupted", f"its sandbox could not be taken up again: {error}") from error
        await self._begin(git, sandbox)

    async def _prepare(self) -> None:
        config, still = self._job.errand.rig, self._still
        await still.passed()
        self._environment()  # without what it logs in with there is nothing to be tried
        if unfit := await trouble(self._job, self._effect):
            raise PreventedError("agent_unfit", unfit)
        effect, site = self._effect, self._job.site
        try:
            await site.homeward.supply(self._job.errand, effect.rig, effect.session, effect.earlier)
            git = self.git = await site.rigs.ready(effect.rig, config)
            await site.rigs.refresh(self._effect.rig, git)
            walled = has_walls(self._job, self._effect)
            self.sandbox = await git.create_sandbox(self._effect.session, self._effect.earlier, alone=walled)
            await self._keep_what_did_not_apply(git, self.sandbox)
        except GitFailedError as error:
            reason = f"its sandbox could not be made: {error.message}"
            raise PreventedError("start_broke", reason, error.stderr) from error
        if config is not None:
            await self._set_up(config, self.sandbox)
        await self._begin(git, self.sandbox)

    async def _begin(self, git: RigGit, sandbox: Sandbox) -> None:
        await self._still.passed()
        await self._job.site.lease.confirmed()
        try:
            await self._folder.begin(Begun(sandbox=sandbox, at=now(), run=self.run))
            self.conversation = await self._start(git, sandbox)
        except (StartFailedError, CannotError, OSError) as error:
            raise PreventedError("start_broke", str(error)) from error

    async def _keep_what_did_not_apply(self, git: RigGit, sandbox: Sandbox) -> None:
        """The earlier session's kept branch has it, unless that session had handed it all in and so kept nothing.

        Where its folder is gone, as in a restored town, that is not known: what may be there is not written over.
        """
        earlier = self._effect.earlier
        if earlier is None or not sandbox.left:
            return
        ended = self._folder.of(earlier.session).ended()
        if ended is not None and not ended.report.kept:
            await git.pin(sandbox.worktree, kept_ref(earlier.session), earlier.commit)

    async def _set_up(self, config: RigConfig, sandbox: Sandbox) -> None:
        preparation = Preparation(
            folder=sandbox.worktree,
            config=config,
            environment=setup_environment(self._job.site, self._effect, self._job.traceparent),
            mark=self._job.site.mark(self._effect.session),
            log=self._folder.setup_log,
            still=self._still,
        )
        broke = await prepare(preparation, self._job.site.checks)
        if broke is not None:
            raise PreventedError("setup_broke", broke.reason, broke.tail)

    async def _start(self, git: RigGit, sandbox: Sandbox) -> Conversation:
        effect, site = self._effect, self._job.site
        agent = self._agents.get(effect.agent.vendor)
        if agent is None:
            raise PreventedError("start_broke", f"there is no vendor {effect.agent.vendor!r}")
        lasting, task = await self._told(self._job.errand.instructions), await self._told(self._job.errand.brief)
        lasting, task = in_parts(lasting, task, apart="instructions" in agent.can)
        walls = walls_of(self._job, effect, sandbox, self._folder) if has_walls(self._job, effect) else None
        policy = self._job.errand.policy
        start = Start(
            worktree=sandbox.worktree,
            brief=brief_for(task, sandbox, effect.earlier),
            instructions=lasting,
            agent=effect.agent,
            environment=self._environment(),
            mark=site.mark(effect.session),
            logs=self._folder.path,
            servers=(server(site, effect, self._job.errand.token, self._job.traceparent),)
            if "servers" in agent.can
            else (),
            timeout=effect.agent.timeout,
            asks=self._must_ask(agent, walls),
            walls=walls,
            writes=must_write(self._job, effect, sandbox),
            network=policy is None or policy.network,
            most_output=self._job.errand.most_output,
            still=self._still,
        )
        began = await (agent.start(start) if effect.resume is None else self._go_on(agent, start, effect.resume))
        mails = self._job.errand.mails
        return Conversation(self._job, effect, git, sandbox, began, can=agent.can, mails=mails)

    def _environment(self) -> dict[str, str]:
        effect, account = self._effect, self._job.errand.account
        try:
            if account is None and effect.account not in ("", own(effect.agent.name)):
                raise UnknownThingError(f"there is no account {effect.account} any more")
            return worker_environment(
                self._job.site, effect, self._job.traceparent, account, token=self._job.errand.token
            )
        except (RefusedError, UnknownThingError) as error:
            raise PreventedError("agent_broke", " ".join(filter(None, (error.message, error.hint)))) from error

    def _must_ask(self, agent: Agent, walls: Walls | None) -> bool:
        """Whether it has to ask before it uses a tool. Raises PreventedError where it has to, and cannot."""
        policy = self._job.errand.policy
        if policy is None:
            return False
        if "permissions" not in agent.can and walls is not None and policy.unasking == "walled":
            return False
        if "permissions" not in agent.can:
            name, vendor = self._effect.agent.name, self._effect.agent.vendor
            reason = f"agent {name} cannot ask before it uses a tool (vendor {vendor}), as the policy here wants it"
            raise PreventedError("start_broke", f"{reason}: sling it to another (--agent NAME), or see gt policy list")
        return True

    async def _go_on(self, agent: Agent, start: Start, resume: Resume) -> AgentSession:
        handoff = await self._told(self._job.errand.handoff)
        told = msgspec.structs.replace(
            start,
            resume=self._effect.conversation,
            brief=to_go_on(resume.text, start.brief),
            otherwise=to_begin_anew(resume.text, start.brief, handoff),
        )
        return await go_on(agent, told)

    async def _told(self, text: Text) -> str:
        try:
            return await whole(self._job.site.texts, text)
        except GastownError as error:
            raise PreventedError("start_broke", f"its brief cannot be had: {error.message}") from error

    async def _watch(self, conversation: Conversation) -> Ending:
        begin, exited = self._still.clock(), None
        async with anyio.create_task_group() as tasks:
            if self.asked is not None:  # while it was being started
                tasks.start_soon(lambda: conversation.agent.stop(grace=0))
            if self.git is not None and self.sandbox is not None:
                saving = Saving(self._job, self._effect, self.git, self.sandbox)
                conversation.on_turn_end = saving.end_turn
                tasks.start_soon(saving.run)
            exited = self._exited = await conversation.follow()
            tasks.cancel_scope.cancel()
        if exited is None:
            return Ending(prevented=("start_broke", "the agent said nothing of its end"))
        waited = conversation.permits.waited
        return _ending(exited, self._still.clock() - begin, conversation.failure, waited)


def _ending(event: AgentExited, seconds: float, failure: Failure | None, waited: float) -> Ending:
    fields = msgspec.structs.asdict(event)
    del fields["stopped"]
    words = f"{failure.kind}: {failure.message}" if failure else ""
    return Ending(**fields, seconds=seconds, failure=words, waited=waited)
