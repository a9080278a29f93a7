"""An agent that goes on with a conversation, or, where its program does not find that any more, with a new one."""

from collections.abc import AsyncIterator

import anyio
import msgspec

from gastown.adapters.agents.port import Agent, AgentSession, CannotError, Message, Start
from gastown.adapters.agents.told import AgentEvent, AgentExited, ConversationOpened, TurnEnded
from gastown.adapters.processes.program import StartFailedError
from gastown.events.turn import Failure


async def go_on(agent: Agent, start: Start) -> AgentSession:
    """With `start.resume`, where the agent can and there is one; else anew, with `start.otherwise` as the first prompt.

    Raises StartFailedError, CannotError, OSError.
    """
    if not start.resume or "resume" not in agent.can:
        return await agent.start(_anew(start))
    return GoingOn(agent, start, await agent.start(start))


class GoingOn:
    """See `port.AgentSession`. That there is no such conversation is told by programs in many ways (exit 1, 42, an
    error, words on standard error); what they have in common is that a turn fails before any conversation was opened.
    """

    def __init__(self, agent: Agent, start: Start, first: AgentSession) -> None:
        self._agent = agent
        self._start = start
        self._session = first
        self._changing = anyio.Lock()
        self._stopped = False

    async def events(self) -> AsyncIterator[AgentEvent]:
        opened = False
        async for event in self._session.events():
            opened = opened or isinstance(event, ConversationOpened)
            if not opened and isinstance(event, TurnEnded) and _not_found(event) and not self._stopped:
                break
            yield event
        else:
            return
        async for event in self._begin_anew():
            yield event

    async def prompt(self, message: Message) -> None:
        await self._session.prompt(message)

    async def steer(self, message: Message) -> None:
        await self._session.steer(message)

    async def answer(self, ask: str, *, allow: bool) -> None:
        await self._session.answer(ask, allow=allow)

    async def cancel(self) -> None:
        await self._session.cancel()

    async def stop(self, *, grace: float) -> None:
        self._stopped = True
        async with self._changing:
            session = self._session
        await session.stop(grace=grace)

    async def _begin_anew(self) -> AsyncIterator[AgentEvent]:
        trouble = ""
        async with self._changing:
            await self._session.stop(grace=0)
            try:
                self._session = await self._agent.start(_anew(self._start))
            except (StartFailedError, CannotError, OSError) as error:
                trouble = str(error)
        if trouble:
            yield TurnEnded(end="failed", failure=Failure(kind="crash", message=trouble))
            yield AgentExited(exit_code=None, signal=None)
            return
        if self._stopped:
            await self._session.stop(grace=0)
        async for event in self._session.events():
            yield event


def _not_found(ended: TurnEnded) -> bool:
    return ended.failure is not None and ended.failure.kind in ("input", "crash")


def _anew(start: Start) -> Start:
    return msgspec.structs.replace(start, resume="", brief=start.otherwise or start.brief)
