"""Agents whose program takes one prompt and ends: a process a turn, each going on with the conversation of the last."""

import msgspec

from gastown.adapters.agents.dialogue import OneShotVendor
from gastown.adapters.agents.driven import PATIENCE, DrivenSession
from gastown.adapters.agents.port import CannotError, Message, Start, able
from gastown.adapters.agents.talks import BRIEF, Talks
from gastown.adapters.agents.told import (
    AgentEvent,
    AgentStarted,
    ConversationOpened,
    LineDropped,
    MessageTaken,
    Retrying,
    TurnEnded,
)
from gastown.adapters.agents.turn_watch import Reason
from gastown.adapters.processes.program import LEFTOVER_PATIENCE, Exit, StartFailedError


class OneShotAgent:
    """One vendor's program, started for each turn."""

    def __init__(self, vendor: OneShotVendor, talks: Talks, *, patience: float = PATIENCE) -> None:
        """patience: seconds for a program to do anything that shows that it has its message."""
        self.vendor = vendor.vendor
        self.can = vendor.can
        self._vendor = vendor
        self._talks = talks
        self._patience = patience

    async def start(self, start: Start) -> "OneShotSession":
        """Raises StartFailedError, CannotError, OSError."""
        able(self.vendor, self.can, start)
        session = OneShotSession(self._vendor, self._talks, start, self._patience)
        await session.run(Message(id=BRIEF, text=start.brief))
        return session


class OneShotSession(DrivenSession):
    """It outlives the processes of its turns: until it is stopped, or its time is over."""

    def __init__(self, vendor: OneShotVendor, talks: Talks, start: Start, patience: float) -> None:
        super().__init__(talks, start, patience)
        self._vendor = vendor
        self._conversation = start.resume
        self._turns = 0

    async def run(self, message: Message) -> None:
        """A turn. Raises StartFailedError, CannotError, OSError."""
        start = self._start
        if self._turns:  # it is the conversation's own from the second turn on
            start = msgspec.structs.replace(start, resume=self._conversation, fork=False)
        call = self._vendor.call(start, message, self._conversation)
        async with self._opening:
            self._may_begin(message)
            self._begin(message)
            try:
                await self._open(call, self._vendor.listener(message), talks=False)
            except BaseException:
                self._watch.message = ""
                raise
        self._turns += 1

    async def prompt(self, message: Message) -> None:
        """See `port.AgentSession`."""
        if "turns" not in self._vendor.can or not self._conversation:
            msg = f"message {message.id} is not taken: there is no conversation to go on with"
            raise CannotError(msg)
        await self._last_is_gone()
        self._awaited[message.id] = None
        try:
            await self.run(message)
        except (StartFailedError, OSError) as error:
            raise CannotError(str(error)) from error
        finally:
            if self._watch.message != message.id:
                self._awaited.pop(message.id, None)
        await self._taken(message)

    async def steer(self, message: Message) -> None:
        """Raises CannotError."""
        msg = f"message {message.id} is not taken: {self._vendor.vendor} listens to one prompt a turn"
        raise CannotError(msg)

    async def answer(self, ask: str, *, allow: bool) -> None:
        """It asks for nothing."""

    async def cancel(self) -> None:
        """See `port.AgentSession`. Its processes are ended; the next prompt goes on with the conversation."""
        if "cancel" not in self._vendor.can:
            msg = f"a turn of {self._vendor.vendor} cannot be ended by itself: stop it"
            raise CannotError(msg)
        if self._watch.message:
            self._watch.cancel(self._still.clock(), asked=False)
            self._stir()

    async def _last_is_gone(self) -> None:
        """A process that has told the end of its turn may take its time to end."""
        if self._watch.message or self._talk is None:
            return
        with self._still.limit(LEFTOVER_PATIENCE) as limit:
            await self._until(lambda: self._talk is None)
        if limit.cancelled_caught:
            await self._end_it()

    def _tell(self, event: AgentEvent) -> None:
        if isinstance(event, ConversationOpened):
            self._conversation = event.id
        shows = not isinstance(event, AgentStarted | LineDropped | MessageTaken | Retrying)
        well = not isinstance(event, TurnEnded) or event.end == "done"
        if shows and well and self._watch.message and not self._watch.taken:
            super()._tell(MessageTaken(id=self._watch.message))
        super()._tell(event)

    def _after(self, exit_: Exit, reason: Reason | None) -> None:
        if self._stopped or reason == "time":
            self._exited(exit_, timed_out=reason == "time")
