"""A session with programs that we talk with: what the drivers do alike.

Whoever waits for something (`events`, or `prompt` for its message to be taken) moves it on meanwhile, one at a time.
There is no task of its own: an agent whose events nobody reads is held up by its full pipe, and nothing piles up here.
"""

from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import AsyncExitStack

import anyio
import anyio.lowlevel

from gastown.adapters.agents.dialogue import Call, Ended, Listener, Step
from gastown.adapters.agents.port import CannotError, Message, NotTakenError, Start
from gastown.adapters.agents.talks import Talk, Talks
from gastown.adapters.agents.told import (
    AgentEvent,
    AgentExited,
    AgentStarted,
    LineDropped,
    MessageRefused,
    MessageTaken,
    TurnEnded,
)
from gastown.adapters.agents.turn_watch import Reason, TurnWatch, judged, last_said
from gastown.adapters.processes.program import TERM_PATIENCE, Exit
from gastown.events.turn import Failure

PATIENCE = 60.0
"""Seconds for an agent to say that it has taken a message."""
_PARTING = 1.0
"""Seconds for a program to end after it has closed its output."""
_SIZED, _SIZED_BETWEEN = 0.5, 30.0
"""Seconds between two looks at how long its output has become: within a turn, and while it waits for one, which may be
for hours and is to cost nothing."""
_PILE = 64 * 1024 * 1024
"""Bytes that may be heard while nobody takes the events."""
_UNSAID = 16 * 1024 * 1024
"""Bytes that may wait for a program to read them; one that never does is ended."""


class DrivenSession:
    """To be subclassed by drivers: they say what begins a turn, and what follows when a program has ended."""

    def __init__(self, talks: Talks, start: Start, patience: float) -> None:
        """patience: seconds for a message to be taken."""
        self._talks = talks
        self._start = start
        self._patience = patience
        self._still = start.still
        self._watch = TurnWatch(start)
        self._told: deque[AgentEvent] = deque()
        self._piled = 0
        self._sized = 0.0
        self._awaited: dict[str, str | None] = {}  # messages somebody waits for, and why one was refused
        self._talk: Talk | None = None
        self._listener: Listener | None = None
        self._holding = AsyncExitStack()
        self._moving = anyio.Lock()
        self._stirred = anyio.Event()
        self._opening = anyio.Lock()
        self._last = Exit(None, None)
        self._stopped = False
        self._over = False
        self._ending: Reason | None = None  # why the program is being ended

    async def events(self) -> AsyncIterator[AgentEvent]:
        """AgentStarted first, AgentExited last. To be read once."""
        while True:
            while self._told:
                yield self._told.popleft()
            self._piled = 0
            if self._over:
                return
            await self._until(lambda: bool(self._told) or self._over)

    async def stop(self, *, grace: float) -> None:
        """End it and all its processes. Safe to call again; the shorter grace counts."""
        self._stopped = True
        async with self._opening:
            talk = self._talk
        if talk is not None:
            talk.hush()
            if grace > 0:
                with self._still.limit(grace):
                    await talk.program.exited()
            self._end_for("cancel", talk)
            await talk.end(TERM_PATIENCE)
        self._stir()
        await self._end_it()  # also where nobody takes the events any more

    def _after(self, exit_: Exit, reason: Reason | None) -> None:
        """What follows when a program has ended, and the turn with it. reason: why we ended it, None: it did."""
        raise NotImplementedError

    async def _open(self, call: Call, listener: Listener, *, talks: bool) -> None:
        """Start a program. Raises StartFailedError, OSError."""
        talk = await self._talks.begin(self._start, call, talks=talks)
        try:
            await self._holding.enter_async_context(self._still.over(talk.program))
        except BaseException:
            await talk.end(0)
            talk.close()
            raise
        self._talk, self._listener, self._ending = talk, listener, None
        self._tell(AgentStarted(pid=talk.program.pid, started=talk.program.started))

    def _may_begin(self, message: Message) -> None:
        """A turn. Raises CannotError."""
        if self._over or self._stopped:
            msg = f"message {message.id} is not taken: the session is over"
            raise CannotError(msg)
        if self._watch.message:
            msg = f"message {message.id} is not taken: it is within a turn"
            raise CannotError(msg)

    def _begin(self, message: Message) -> None:
        """A turn."""
        self._watch.begin(message.id, self._still.clock())

    def _follow(self, step: Step) -> None:
        for event in step.events:
            self._tell(last_said(event, self._ending))
        if self._talk is not None and step.lines:
            self._talk.say(step.lines)

    def _tell(self, event: AgentEvent) -> None:
        if not self._watch.sees(event, self._still.clock()):
            return
        if isinstance(event, MessageTaken):
            self._awaited.pop(event.id, None)
        elif isinstance(event, MessageRefused) and event.id in self._awaited:
            self._awaited[event.id] = event.reason
        self._told.append(event)
        self._stir()

    async def _taken(self, message: Message) -> None:
        """Returns when it is. Raises NotTakenError."""
        known, words = self._awaited, "it has not said that it has it"

        def decided() -> bool:
            waits = message.id in known and known[message.id] is None
            return not waits or self._over or not self._watch.message or self._piled > _PILE

        with self._still.limit(self._patience):
            await self._until(decided)
        if message.id in known:
            msg = f"message {message.id} is not taken: {known.pop(message.id) or words}"
            raise NotTakenError(msg)

    async def _until(self, holds: Callable[[], bool]) -> None:
        """Move on until it holds. Others who wait look first, once, at what is new: it may be what they wait for."""
        seen = None
        while not holds():
            if self._talk is None and not self._over:
                await self._rest()
                continue
            async with self._moving:
                if seen is not self._stirred:
                    seen = self._stirred
                elif self._talk is not None and not holds():
                    await self._move(self._talk)

    async def _end_it(self) -> None:
        async with self._moving:
            if self._talk is not None:
                await self._finish(self._talk, None)

    async def _move(self, talk: Talk) -> None:
        """One step: hear something, or wait for it, or end what has to end."""
        seconds, reason = self._watch.due(self._still.clock())
        await self._keep_short(talk)
        if talk.exited or talk.unsaid > _UNSAID:
            await self._finish(talk, None)
        elif seconds <= 0:
            await self._finish(talk, reason)
        elif (lines := talk.hear()) is not None:
            self._hear(lines)
            await anyio.lowlevel.checkpoint()
        elif talk.heard_all:
            with self._still.limit(_PARTING):
                await talk.program.exited()
            await self._finish(talk, None)
        else:
            look = _SIZED if self._watch.message else _SIZED_BETWEEN
            await talk.stir(min(seconds, look) if self._start.most_output else seconds)

    async def _keep_short(self, talk: Talk, *, at_once: bool = False) -> None:
        """What it has printed; nothing more is read of it meanwhile."""
        now = self._still.clock()
        if self._start.most_output and (at_once or now - self._sized >= _SIZED):
            self._sized = now
            await talk.shorten()

    async def _rest(self) -> None:
        """Between two programs: returns when there is another, or when there will be none."""
        seconds, _ = self._watch.due(self._still.clock())
        with self._still.limit(max(0.0, seconds)) as limit:
            while self._talk is None and not self._stopped and not self._over:
                await self._stirred.wait()
        if self._talk is None and not self._over:
            self._exited(self._last, timed_out=limit.cancelled_caught)

    def _hear(self, lines: Iterable[bytes | LineDropped]) -> None:
        self._watch.heard(self._still.clock())
        for line in lines:
            if isinstance(line, LineDropped):
                self._tell(line)
            elif self._listener is not None:
                self._piled += len(line)
                self._follow(self._listener.heard(line))

    def _end_for(self, reason: Reason | None, talk: Talk) -> None:
        """It is ended from now on; what it said before counts as it was said."""
        if self._talk is talk:
            self._hear(talk.hear() or ())
            self._ending = self._ending or reason

    async def _finish(self, talk: Talk, reason: Reason | None) -> None:
        """End a program and all it left, and with it the turn. reason: see `_after`."""
        with anyio.CancelScope(shield=True):
            self._end_for(reason, talk)
            self._last = await talk.end(self._watch.end_patience(reason))
            while (lines := talk.hear()) is not None:
                self._hear(lines)
            how = Ended(
                exit_code=self._last.code,
                signal=self._last.signal,
                errors=talk.errors(),
                cancelled=self._stopped or self._watch.cancelling,
            )
            crash = Failure(kind="crash", message="its program ended, and nobody said what became of the turn")
            last = self._listener.ended(how).events if self._listener is not None else ()
            for event in (*last, TurnEnded(end="failed", failure=crash)):
                self._tell(judged(event, reason, how) if isinstance(event, TurnEnded) else event)
            await self._keep_short(talk, at_once=True)
            self._talk = self._listener = None
            talk.close()
            await self._holding.aclose()
        self._after(self._last, reason)

    def _exited(self, exit_: Exit, *, timed_out: bool) -> None:
        """The session is over."""
        stopped, self._over = self._stopped, True
        exited = AgentExited(
            exit_code=exit_.code,
            signal=exit_.signal,
            timed_out=timed_out and not stopped,
            stopped=stopped,
            tail=self._talks.tail(self._start),
        )
        self._tell(exited)

    def _stir(self) -> None:
        """Whoever waits looks again."""
        self._stirred.set()
        self._stirred = anyio.Event()
        if self._talk is not None:
            self._talk.nudge()
