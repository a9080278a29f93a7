"""Agents whose program stays: one process for all turns, talked with in its own language (`dialogue.StreamVendor`)."""

from gastown.adapters.agents.dialogue import Dialogue, StreamVendor
from gastown.adapters.agents.driven import PATIENCE, DrivenSession
from gastown.adapters.agents.port import CannotError, Message, Start, able
from gastown.adapters.agents.talks import BRIEF, Talks
from gastown.adapters.agents.turn_watch import Reason
from gastown.adapters.processes.program import Exit


class StreamAgent:
    """One vendor's program, started once a session."""

    def __init__(self, vendor: StreamVendor, talks: Talks, *, patience: float = PATIENCE) -> None:
        """patience: seconds for a message to be taken."""
        self.vendor = vendor.vendor
        self.can = vendor.can
        self._vendor = vendor
        self._talks = talks
        self._patience = patience

    async def start(self, start: Start) -> "StreamSession":
        """Raises StartFailedError, CannotError, OSError."""
        able(self.vendor, self.can, start)
        session = StreamSession(self._vendor, self._talks, start, self._patience)
        await session.open()
        return session


class StreamSession(DrivenSession):
    """The session ends with the process."""

    def __init__(self, vendor: StreamVendor, talks: Talks, start: Start, patience: float) -> None:
        super().__init__(talks, start, patience)
        self._vendor = vendor
        self._first = Message(id=BRIEF, text=start.brief)
        self._dialogue: Dialogue = vendor.dialogue(start, self._first)

    async def open(self) -> None:
        """Start the process, with the first turn."""
        self._begin(self._first)
        await self._open(self._vendor.call(self._start), self._dialogue, talks=True)
        self._follow(self._dialogue.opening())

    async def prompt(self, message: Message) -> None:
        """See `port.AgentSession`."""
        self._must("turns", message)
        self._may_begin(message)
        step = self._dialogue.prompt(message)
        self._begin(message)
        self._awaited[message.id] = None
        self._follow(step)
        await self._taken(message)

    async def steer(self, message: Message) -> None:
        """See `port.AgentSession`. One that is not taken in time may still be: MessageTaken tells."""
        self._must("steer", message)
        if not self._watch.message:
            msg = f"message {message.id} is not taken: there is no turn"
            raise CannotError(msg)
        step = self._dialogue.steer(message)
        self._awaited[message.id] = None
        self._follow(step)
        await self._taken(message)

    async def answer(self, ask: str, *, allow: bool) -> None:
        """See `port.AgentSession`."""
        self._watch.answered(ask)
        self._follow(self._dialogue.answer(ask, allow=allow))
        self._watch.heard(self._still.clock())

    async def cancel(self) -> None:
        """See `port.AgentSession`. A process that does not listen is killed: then the session is over."""
        if "cancel" not in self._vendor.can:
            msg = f"a turn of {self._vendor.vendor} cannot be ended by itself: stop it"
            raise CannotError(msg)
        if self._watch.message and not self._watch.cancelling:
            step = self._dialogue.cancel()
            self._watch.cancel(self._still.clock(), asked=True)
            self._follow(step)
            self._stir()

    def _must(self, capability: str, message: Message) -> None:
        if capability not in self._vendor.can:
            msg = f"message {message.id} is not taken: {self._vendor.vendor} cannot {capability}"
            raise CannotError(msg)

    def _after(self, exit_: Exit, reason: Reason | None) -> None:
        self._exited(exit_, timed_out=reason == "time")
