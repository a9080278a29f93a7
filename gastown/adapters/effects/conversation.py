"""A session's agent at work: what it tells is reported, what it is to be told is told, turn by turn."""

from collections import deque
from collections.abc import Callable

from gastown.actors.commands.accounts import ReportDelay, ReportProgress
from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.handoff import ReportContextFull
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.commands.polecat import (
    ReportAgentResumed,
    ReportAgentStarted,
    ReportCompacted,
    ReportConversation,
    ReportTold,
    ReportTurn,
)
from gastown.actors.effects import GiveAnswer, RunSession, TakeTurn, TellNow
from gastown.adapters.agents.port import AgentSession, CannotError, Capability, Message, NotTakenError
from gastown.adapters.agents.talks import BRIEF
from gastown.adapters.agents.told import (
    AgentExited,
    AgentStarted,
    ContextCompacted,
    ContextTold,
    ConversationOpened,
    MessageTaken,
    PermissionAsked,
    Retrying,
    TextSaid,
    ToolBegan,
    TurnEnded,
)
from gastown.adapters.effects.again import NOTHING_AGAIN, Again
from gastown.adapters.effects.bounds import some
from gastown.adapters.effects.brief import told_again
from gastown.adapters.effects.outcomes import NOTHING_LEFT
from gastown.adapters.effects.permits import Permits
from gastown.adapters.effects.site import Job
from gastown.adapters.git.port import GitFailedError, Leftovers, RigGit, Sandbox
from gastown.clock import monotonic, now
from gastown.events.turn import Failure
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

_PIECES = 200
"""Of what the agent says, that are kept for the end of its turn."""
_TEXT, _NOTES = 4000, 16_000
"""Characters of it that an event holds; and where it was asked for notes."""
_LONG_DELAY = 20.0
"""Seconds. Shorter ones are over before anybody else would ask."""
_REASON = 300
"""Characters."""


class Conversation:
    """With one agent, in one of its runs. turn: the number of the one it is in, or was in last.

    failure: what that has failed with. cut_off: its agent was gone before it was over. aside: its agent is being
    stopped, to go on later. known: its vendor has a name for it, by which it can go on. on_turn_end: called after each.
    """

    def __init__(
        self,
        job: Job,
        effect: RunSession,
        git: RigGit,
        sandbox: Sandbox,
        agent: AgentSession,
        *,
        can: frozenset[Capability],
        mails: tuple[str, ...] = (),
    ) -> None:
        """can: where it takes no turns, it ends with its one, and how that ended is told with its own end. mails: those
        that stand in its brief."""
        self.agent = agent
        self.turn = effect.resume.turn if effect.resume else 1
        self._wanted = _TEXT
        self.failure: Failure | None = None
        self.cut_off = False
        self.aside = False
        self.known = bool(effect.conversation)
        self.on_turn_end: Callable[[], None] = lambda: None
        self.permits = Permits(job, effect.session, agent, sandbox)
        self._opened = False
        self._job = job
        self._effect = effect
        self._session = effect.session
        self._git = git
        self._sandbox = sandbox
        self._can = can
        self._mails = mails
        self._in_prompts = {*mails, *(effect.resume.messages if effect.resume else ())}
        self._vendor, self._model = effect.agent.vendor, effect.agent.model
        self._said: deque[str] = deque(maxlen=_PIECES)
        self._told_now: dict[str, str] = {}  # messages that were told within a turn, and why one was refused
        self._began = monotonic()
        self._started: AgentStarted | None = None
        self._compactions = 0
        self._delays = 0  # long ones, that its program has waited by itself
        self._progress = 0  # the number of the turn of which it was told
        self._full, self._fulls = False, 0

    async def follow(self) -> AgentExited | None:
        """Until the agent has ended. None: it said nothing of its end."""
        exited = None
        async for event in self.agent.events():
            match event:
                case AgentStarted():
                    self._report_start(event)
                case ConversationOpened():
                    self._model = event.model or self._model
                    self._report_conversation(event)
                case MessageTaken(id=taken) if taken == BRIEF:
                    self._report_brief_taken()
                case TextSaid(text=text):
                    self._said.append(text)
                case PermissionAsked():
                    await self.permits.asked(event, self.turn)
                case ContextTold():
                    self._note_fill(event)
                case ContextCompacted(before=before):
                    self._compactions += 1
                    number = self._compactions
                    self._report(ReportCompacted(session=self._session, number=number, before=before), str(number))
                case ToolBegan():
                    self._report_progress()
                case Retrying():
                    self._report_delay(event)
                case TurnEnded():
                    await self._end_turn(event)
                case AgentExited():
                    exited = event
                case _:
                    pass
        return exited

    async def take_turn(self, effect: TakeTurn, again: Again = NOTHING_AGAIN) -> None:
        """Begin it; one that is begun already is not begun again. again: see `told`."""
        if effect.number <= self.turn:
            return
        self.turn, self.failure, self._began = effect.number, None, monotonic()
        self._wanted = _NOTES if effect.notes else _TEXT
        self._in_prompts.update(effect.messages)
        try:
            await self.agent.prompt(Message(id=effect.key, text=self._with(effect.text, again)))
        except NotTakenError as error:  # it may have it: what becomes of the turn is told as of any other
            _log.warning("session.not_taken", session=self._session, turn=self.turn, error=error.message)
            return
        except CannotError as error:
            await self._end_turn(TurnEnded(end="failed", failure=Failure(kind="silent", message=error.message)))
            return
        self._report_told(effect.messages)

    async def tell_now(self, effect: TellNow, again: Again = NOTHING_AGAIN) -> None:
        """Within the turn, or report why not; an errand that comes once more tells it nothing. again: see `told`.

        Nor does one that comes late, when another run has followed or a prompt of this one holds the message: it has
        that once it says that it has the prompt.
        """
        if effect.run != self._effect.run or effect.message in self._in_prompts:
            return
        refused = self._told_now.get(effect.message, "")
        if effect.message not in self._told_now:
            try:
                await self.agent.steer(Message(id=effect.message, text=self._with(effect.text, again)))
            except (CannotError, NotTakenError) as error:
                refused = error.message
            self._told_now[effect.message] = refused
        self._report(ReportTold(session=self._session, messages=(effect.message,), refused=refused), effect.message)

    async def give_answer(self, effect: GiveAnswer) -> None:
        """See Permits."""
        await self.permits.give(effect)

    def _note_fill(self, event: ContextTold) -> None:
        """Each time it becomes as full as it may be."""
        fill, before = self._job.errand.fill, self._full
        self._full = bool(fill and event.size) and 100 * event.used >= fill * event.size
        if self._full and not before:
            self._fulls += 1
            full = ReportContextFull(session=self._session, used=event.used, size=event.size)
            self._report(full, str(self._fulls))

    def _with(self, text: str, again: Again) -> str:
        return told_again(text, *again, apart="instructions" in self._can)

    async def _end_turn(self, event: TurnEnded) -> None:
        denied = self.permits.end_turn()
        if "turns" not in self._can:
            return
        self.failure = event.failure
        if self.known and self._effect.may_be_resumed:
            self.cut_off = event.gone or (self.aside and event.end == "cancelled")
        left = await self._left()
        text = event.text or "".join(self._said)
        self._said.clear()
        turn = ReportTurn(
            session=self._session,
            number=self.turn,
            at=now(),
            end="interrupted" if self.cut_off else event.end,
            text=text[-self._wanted :],
            usage=event.usage,
            model=self._model,
            vendor=self._vendor,
            failure=event.failure,
            ahead=left.ahead,
            changed=some(left.changed),
            denied=denied or event.denied,
            commit=left.head,
            seconds=monotonic() - self._began,
        )
        self._report(turn, str(self.turn))
        self.on_turn_end()

    async def _left(self) -> Leftovers:
        """A sandbox that cannot be looked into holds nothing to hand in; its end says why."""
        try:
            return await self._git.inspect(self._sandbox.worktree, self._sandbox.base)
        except (GitFailedError, OSError) as error:
            _log.warning("session.not_inspected", session=self._session, error=str(error))
            return NOTHING_LEFT

    def _report_start(self, event: AgentStarted) -> None:
        first, self._started = self._started is None, event
        if not first or self._effect.resume:  # another process of the same session
            return
        started = ReportAgentStarted(
            session=self._session,
            pid=event.pid,
            started=event.started,
            worktree=str(self._sandbox.worktree),
            branch=self._sandbox.branch,
            base=self._sandbox.base,
            reapplied=self._sandbox.reapplied,
            left=self._sandbox.left,
            turns="turns" in self._can,
        )
        self._report(started, "")

    def _report_conversation(self, event: ConversationOpened) -> None:
        """The first of a run says how it goes on."""
        effect, started = self._effect, self._started
        opened = ReportConversation(
            session=self._session, conversation=event.id, model=event.model, version=event.version
        )
        self._report(opened, event.id)
        if effect.resume and started and not self._opened:
            resumed = ReportAgentResumed(
                session=self._session,
                run=effect.run,
                how="resume" if "resume" in self._can and event.id == effect.conversation else "handoff",
                pid=started.pid,
                started=started.started,
            )
            self._report(resumed, "")
        self.known = self._opened = True

    def _report_brief_taken(self) -> None:
        if self._mails:
            self._report(ReportTold(session=self._session, messages=self._mails, brief=True), "")
        if self._effect.resume:
            self._report_told(self._effect.resume.messages)

    def _report_told(self, messages: tuple[str, ...]) -> None:
        if messages:
            self._report(ReportTold(session=self._session, messages=messages), str(self.turn))

    def _report_progress(self) -> None:
        """Once a turn: what a model asks for shows that its API has answered, sooner than the end of its turn does."""
        if "turns" in self._can and self._progress != self.turn:
            self._progress = self.turn
            progress = ReportProgress(session=self._session, number=self.turn)
            self._job.report(MAYOR, progress, part=f"{self.turn}.{self._delays}", final=False)

    def _report_delay(self, event: Retrying) -> None:
        """Only one that others should know of."""
        if event.delay < _LONG_DELAY:
            return
        self._progress, self._delays = 0, self._delays + 1
        delay = ReportDelay(
            session=self._session,
            at=now(),
            delay=event.delay,
            failure=event.failure.kind,
            reason=event.failure.message[:_REASON],
        )
        self._job.report(MAYOR, delay, part=str(self._delays), final=False)

    def _report(self, command: Command, part: str) -> None:
        self._job.report(Owner("polecat", self._session), command, part=part, final=False)
