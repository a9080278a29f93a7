"""What a session's agent asks leave for: the policy answers at once, or a person does, through the town."""

from gastown.actors.commands.asks import ReportAnswered, ReportAsk
from gastown.actors.commands.command import Owner
from gastown.actors.effects import GiveAnswer
from gastown.adapters.agents.port import AgentSession
from gastown.adapters.agents.told import PermissionAsked
from gastown.adapters.effects.site import Job
from gastown.adapters.git.port import Sandbox
from gastown.adapters.permissions.asked import asked_of
from gastown.adapters.permissions.rules import judge
from gastown.clock import monotonic, new_id
from gastown.events.ids import SessionId
from gastown.events.policy import Decision
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

MOST_WAITING = 20
"""Asks of one session that wait at a time: nobody honest has more, and nobody could answer them."""
_TITLE, _DETAIL = 500, 4000
"""Characters of an ask that the log holds."""
_MOST_DENIED, _NAME = 50, 200


class Permits:
    """Of one session. Whatever is not plainly allowed waits or is denied, also while the town is away.

    waited: seconds in which its agent waited for somebody's answer.
    """

    def __init__(self, job: Job, session: SessionId, agent: AgentSession, sandbox: Sandbox) -> None:
        self._job = job
        self._session = session
        self._agent = agent
        self._worktree = sandbox.worktree
        self._waiting: dict[str, PermissionAsked] = {}  # by the key the town knows it by
        self._given: set[str] = set()
        self._denied: list[str] = []
        self._since = 0.0
        self._waited = 0.0

    @property
    def waited(self) -> float:
        return self._waited + (monotonic() - self._since if self._waiting else 0.0)

    async def asked(self, event: PermissionAsked, turn: int) -> None:
        """Answer it, or have a person asked."""
        verdict = self._verdict(event)
        if verdict == "ask" and len(self._waiting) >= MOST_WAITING:
            _log.warning("session.too_many_asks", session=self._session)
            verdict = "deny"
        if verdict == "ask":
            self._ask(event, turn)
            return
        if verdict == "deny":
            self._note_denied(event.tool, event.title)
        await self._agent.answer(event.id, allow=verdict == "allow")

    async def give(self, effect: GiveAnswer) -> None:
        """What a person said, to the agent, and report whether it waited for that."""
        waits = self._forget(effect.ask_key)
        if waits is not None:
            self._given.add(effect.ask_key)
            if not effect.allow:
                self._note_denied(waits.tool, waits.title)
            await self._agent.answer(waits.id, allow=effect.allow)
        taken = effect.ask_key in self._given
        self._report(ReportAnswered(session=self._session, ask=effect.ask, taken=taken), effect.ask)

    def end_turn(self) -> tuple[str, ...]:
        """Nobody waits any more. -> what was denied in it, by the policy."""
        for key in list(self._waiting):
            self._forget(key)
        denied, self._denied = tuple(self._denied), []
        return denied

    def _verdict(self, event: PermissionAsked) -> Decision:
        policy = self._job.errand.policy
        if policy is None:  # it was not to ask: it may use all that its sandbox lets it
            return "allow"
        return judge(policy, "polecat", asked_of(event, self._worktree, self._job.site.town))

    def _ask(self, event: PermissionAsked, turn: int) -> None:
        key = new_id()
        self._since = self._since if self._waiting else monotonic()
        self._waiting[key] = event
        ask = ReportAsk(
            session=self._session,
            key=key,
            turn=turn,
            tool=event.tool[:_NAME],
            title=_cut(event.title, _TITLE),
            detail=_cut(event.detail, _DETAIL),
        )
        self._report(ask, key)

    def _forget(self, key: str) -> PermissionAsked | None:
        waits = self._waiting.pop(key, None)
        if waits is not None and not self._waiting:
            self._waited += monotonic() - self._since
        return waits

    def _note_denied(self, tool: str, title: str) -> None:
        if len(self._denied) < _MOST_DENIED:
            self._denied.append(_cut(f"{tool}: {title}" if title else tool, _NAME))

    def _report(self, command: ReportAsk | ReportAnswered, part: str) -> None:
        self._job.report(Owner("polecat", self._session), command, part=part, final=False)


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[: most - 1]}\N{HORIZONTAL ELLIPSIS}"
