"""RunSession and EndSession: the sessions at work in this host, and those an earlier host left behind."""

from collections.abc import Mapping
from typing import get_args

import anyio

from gastown.actors.effects import EndSession, GiveAnswer, RunSession, TakeTurn, TellNow
from gastown.adapters.agents.port import Agent
from gastown.adapters.effects.attempt import Attempt
from gastown.adapters.effects.closing import close, report
from gastown.adapters.effects.conversation import Conversation, told
from gastown.adapters.effects.outcomes import Ending
from gastown.adapters.effects.session_folder import SessionFolder
from gastown.adapters.effects.site import Job, Site
from gastown.adapters.git.port import GitFailedError
from gastown.errors import RefusedError
from gastown.events.ids import SessionId
from gastown.events.session import Outcome


class Sessions:
    """Every session this host knows to be at work."""

    def __init__(self, site: Site, agents: Mapping[str, Agent]) -> None:
        self._site = site
        self._agents = agents
        self._attempts: dict[SessionId, Attempt] = {}
        self._asked: dict[SessionId, tuple[Outcome, str]] = {}  # of those that are not at work here, or not yet
        self._idle = anyio.Event()

    def attempt(self, session: SessionId) -> Attempt | None:
        """None: not at work here."""
        return self._attempts.get(session)

    def folder(self, session: SessionId) -> SessionFolder:
        return SessionFolder(self._site.files, self._site.town / "sessions", session)

    async def run(self, job: Job, effect: RunSession) -> None:
        """Run the session, or find out what became of it; report its start and its end."""
        if effect.session in self._attempts:
            return
        folder = self.folder(effect.session)
        attempt = self._attempts[effect.session] = Attempt(job, effect, folder, self._agents)
        attempt.asked = self._asked.pop(effect.session, None)
        try:
            ended = folder.ended()
            if ended is None:
                ended = await close(job, effect, folder, attempt, await self._work(job, effect, folder, attempt))
            await report(job, effect, ended)
        finally:
            del self._attempts[effect.session]
            if not self._attempts:
                self._idle.set()

    async def end(self, effect: EndSession) -> None:
        """Returns when its processes are gone; `run` reports. Asked before it is at work here, it is kept in mind.

        Raises RefusedError for an end that is no outcome.
        """
        outcome = outcome_named(effect.outcome)
        attempt = self._attempts.get(effect.session)
        if attempt is None:
            self._asked[effect.session] = (outcome, effect.reason)
        else:
            await attempt.stop(outcome, effect.reason, grace=effect.grace)

    async def take_turn(self, job: Job, effect: TakeTurn) -> None:
        """See Conversation. A session that is not at work here is let be: its end is reported."""
        conversation = self._conversation(effect.session)
        if conversation is not None:
            await conversation.take_turn(effect, await told(job))

    async def tell_now(self, job: Job, effect: TellNow) -> None:
        """See Conversation."""
        conversation = self._conversation(effect.session)
        if conversation is not None:
            await conversation.tell_now(effect, await told(job))

    async def give_answer(self, job: Job, effect: GiveAnswer) -> None:
        """See Conversation. Of a session that is not at work here, nobody waits for it."""
        conversation = self._conversation(effect.session)
        if conversation is not None:
            await conversation.give_answer(effect)

    def _conversation(self, session: SessionId) -> Conversation | None:
        attempt = self._attempts.get(session)
        return attempt.conversation if attempt is not None else None

    async def stop_all(self, reason: str) -> None:
        """End every session; returns when all have ended and been reported."""
        async with anyio.create_task_group() as tasks:
            for attempt in self._attempts.values():
                tasks.start_soon(lambda one: one.stop("interrupted", reason, grace=0), attempt)
        while self._attempts:
            self._idle = anyio.Event()
            await self._idle.wait()

    async def _work(self, job: Job, effect: RunSession, folder: SessionFolder, attempt: Attempt) -> Ending:
        begun = folder.begun()
        if not effect.started and not folder.may_have_run():
            return Ending(prevented=_NOT_BEGUN) if attempt.asked else await attempt.work()
        await self._site.sweep(self._site.mark(effect.session))
        attempt.sandbox = begun.sandbox if begun else None
        if begun is None:  # its folder here is lost, what it made may not be
            try:
                git = await self._site.rigs.ready(effect.rig, job.errand.rig)
                attempt.sandbox = await git.create_sandbox(effect.session, effect.earlier)
            except GitFailedError as error:
                return Ending(prevented=("interrupted", f"the host that ran it died; {error.message}"))
        return Ending(prevented=("interrupted", "the host that ran it died"), tail=folder.tail())


_NOT_BEGUN: tuple[Outcome, str] = ("interrupted", "stopped before it began")


def outcome_named(name: str) -> Outcome:
    """Raises RefusedError."""
    for outcome in get_args(Outcome):
        if outcome == name:
            return outcome
    msg = f"{name!r} is no way for a session to end"
    raise RefusedError(msg)
