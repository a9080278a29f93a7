"""RunSession and EndSession: the sessions at work in this host, and those an earlier host left behind."""

from collections.abc import Mapping
from typing import get_args

import anyio

from gastown.actors.effects import EndSession, GiveAnswer, RunSession, TakeTurn, TellNow
from gastown.adapters.agents.port import Agent
from gastown.adapters.effects.again import told
from gastown.adapters.effects.attempt import Attempt
from gastown.adapters.effects.closing import close, leave, report
from gastown.adapters.effects.conversation import Conversation
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
        self.agents = agents
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
        if not await self._is_next(effect):
            return
        attempt = Attempt(job, effect, self.folder(effect.session), self.agents)
        self._attempts[effect.session] = attempt
        attempt.asked = self._asked.pop(effect.session, effect.end)
        try:
            if not await self._is_left(job, effect, attempt):
                attempt.asked = None  # it has ended as it was to
        finally:
            del self._attempts[effect.session]
            attempt.over.set()
            if attempt.asked is not None:  # for the run that follows
                self._asked[effect.session] = attempt.asked
            if not self._attempts:
                self._idle.set()

    async def _is_next(self, effect: RunSession) -> bool:
        """Whether it is to be carried out. A run that it follows is over then: its agent has gone out of order."""
        while (earlier := self._attempts.get(effect.session)) is not None:
            if earlier.run >= effect.run:
                return False
            await earlier.put_aside("another run of its agent follows")
            await earlier.over.wait()
        return True

    async def _is_left(self, job: Job, effect: RunSession, attempt: Attempt) -> bool:
        """Carry it out, to its end unless its agent is to go on later. -> whether it is."""
        folder = self.folder(effect.session)
        ended = folder.ended()
        if ended is None:
            ending = await self._work(job, effect, folder, attempt)
            if attempt.never_ran or await leave(job, effect, attempt):
                return True
            ended = await close(job, effect, folder, attempt, ending)
        await report(job, effect, ended)
        return False

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
                tasks.start_soon(attempt.go_down, reason)
        while self._attempts:
            self._idle = anyio.Event()
            await self._idle.wait()

    async def _work(self, job: Job, effect: RunSession, folder: SessionFolder, attempt: Attempt) -> Ending:
        begun = folder.begun()
        if not effect.started and not folder.may_have_run():
            return Ending(prevented=_NOT_BEGUN) if attempt.asked else await attempt.work()
        await self._site.sweep(self._site.mark(effect.session))
        attempt.sandbox = begun.sandbox if begun else None
        if begun is not None and effect.resume and begun.run < effect.run and attempt.asked is None:
            return await attempt.work()
        if begun is not None:
            attempt.died = _DIED
        else:  # its folder here is lost, what it made may not be
            try:
                git = await self._site.rigs.ready(effect.rig, job.errand.rig)
                attempt.sandbox = await git.create_sandbox(effect.session, effect.earlier)
            except GitFailedError as error:
                return Ending(prevented=("interrupted", f"{_DIED}; {error.message}"))
        return Ending(prevented=("interrupted", _DIED), tail=folder.tail())


_DIED = "the host that ran it died"
_NOT_BEGUN: tuple[Outcome, str] = ("interrupted", "stopped before it began")


def outcome_named(name: str) -> Outcome:
    """Raises RefusedError."""
    for outcome in get_args(Outcome):
        if outcome == name:
            return outcome
    msg = f"{name!r} is no way for a session to end"
    raise RefusedError(msg)
