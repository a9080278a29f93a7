"""Programs of this machine that we talk with over pipes (`talks.py`)."""

import os
from collections.abc import Awaitable, Callable, Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO

import anyio
import msgspec

from gastown.adapters.agents.dialogue import Call
from gastown.adapters.agents.lines import Lines
from gastown.adapters.agents.port import Start
from gastown.adapters.agents.talks import ERRORS, OUTPUT
from gastown.adapters.agents.told import LineDropped
from gastown.adapters.processes.census import runs
from gastown.adapters.processes.program import TAIL, Containment, Exit, Launch, Running, tail
from gastown.adapters.processes.short_output import ShortOutput
from gastown.adapters.still import Still
from gastown.clock import monotonic

_CHUNK = 65536
"""Bytes read at a time: what a pipe holds."""
_LOOK = 0.5
"""Seconds after which it is looked whether it has ended, while there is always something to hear."""


_INPUT = "input.txt"


class PipeTalks:
    """Each program of a session appends to the same two files."""

    def __init__(self, containment: Containment) -> None:
        """containment: what holds the processes of each session."""
        self._containment = containment

    async def begin(self, start: Start, call: Call, *, talks: bool) -> "PipeTalk":
        """See `talks.Talks`."""
        logs = anyio.Path(start.logs)
        await logs.mkdir(parents=True, exist_ok=True)
        for file, content in call.files.items():
            await (logs / file).parent.mkdir(parents=True, exist_ok=True)
            await (logs / file).write_text(content)
        if call.stdin:
            await (logs / _INPUT).write_text(call.stdin)
        launch = Launch(
            argv=call.argv,
            folder=start.worktree,
            environment={**start.environment, **call.environment},
            mark=start.mark,
            output=start.logs / ERRORS,
            stdin=start.logs / _INPUT if call.stdin else None,
            walls=start.walls,
        )
        talk = PipeTalk.start(self._containment, launch, copy=start.logs / OUTPUT, still=start.still, talks=talks)
        talk.most = start.most_output
        return talk

    def tail(self, start: Start) -> str:
        return tail(start.logs / ERRORS) or tail(start.logs / OUTPUT)


class PipeTalk:
    """size: bytes heard so far. most: bytes of what it prints that are kept; 0: all."""

    def __init__(
        self, program: Running, pipes: tuple[int | None, int], copy: BinaryIO, still: Still, errors: tuple[Path, int]
    ) -> None:
        """pipes: to its standard input (None: not talked to), from its standard output. See `start`.

        errors: the file that its standard error goes to, and how long that was before.
        """
        self.program = program
        self.heard_all = False
        self.exited = False
        self.size = 0
        self.most = 0
        self._say, self._hear = pipes
        self._copy = copy
        self._still = still
        self._lines = Lines()
        self._unsaid = bytearray()
        self._hushed = False
        self._waiting: anyio.CancelScope | None = None
        self._looked = monotonic()
        self._errors, self._errors_before = errors

    @classmethod
    def start(cls, containment: Containment, launch: Launch, *, copy: Path, still: Still, talks: bool) -> "PipeTalk":
        """copy: what it says is appended to it as it comes. talks: we say something, instead of `launch.stdin`.

        Raises StartFailedError, OSError.
        """
        before = launch.output.stat().st_size if launch.output.exists() else 0
        with ExitStack() as theirs, ExitStack() as ours:
            hear, stdout = _pipe(ours, theirs)
            launch = msgspec.structs.replace(launch, stdout=stdout)
            say = None
            if talks:
                stdin, say = _pipe(theirs, ours)
                os.set_blocking(say, False)
                launch = msgspec.structs.replace(launch, stdin=stdin)
            os.set_blocking(hear, False)
            kept = ours.enter_context(copy.open("ab", buffering=0))
            talk = cls(containment.start(launch), (say, hear), kept, still, (launch.output, before))
            ours.pop_all()
            return talk

    def hear(self) -> list[bytes | LineDropped] | None:
        """The lines that have come. None: for the moment, nothing has."""
        if self.heard_all:
            return None
        try:
            chunk = os.read(self._hear, _CHUNK)
        except BlockingIOError:
            return None
        self._look()
        if not chunk:
            self.heard_all = True
            return self._lines.rest()
        self.size += len(chunk)
        self._copy.write(chunk)
        return self._lines.feed(chunk)

    def say(self, lines: Iterable[bytes]) -> None:
        """As soon as it takes them; what has ended, or does not listen, is not told."""
        for line in lines:
            self._unsaid += line + b"\n"
        self._flush()
        if self._unsaid:
            self.nudge()

    @property
    def unsaid(self) -> int:
        """Bytes that it has not taken yet."""
        return len(self._unsaid)

    def hush(self) -> None:
        """There is nothing more to be said: it sees the end of its input."""
        self._hushed = True
        self._flush()

    def nudge(self) -> None:
        """`stir` returns."""
        if self._waiting is not None:
            self._waiting.cancel()

    async def stir(self, seconds: float) -> None:
        """Returns when there is something to be heard, when something could be said, when it has ended, when nudged, or
        after so many seconds in which it was not held still."""
        with self._still.limit(seconds) as self._waiting:
            async with anyio.create_task_group() as tasks:

                async def first(wait: Callable[[], Awaitable[None]]) -> None:
                    await wait()
                    tasks.cancel_scope.cancel()

                if not self.heard_all:
                    tasks.start_soon(first, lambda: anyio.wait_readable(self._hear))
                if not self.exited:
                    tasks.start_soon(first, self._exit)
                say = self._say
                if say is not None and self._unsaid:
                    tasks.start_soon(first, lambda: anyio.wait_writable(say))
        self._waiting = None
        self._flush()

    async def end(self, patience: float) -> Exit:
        """End all of it. Returns when it is gone; what it has said can still be heard."""
        exit_ = await self.program.end(patience=self._still.patience(patience))
        self.exited = True
        return exit_

    async def shorten(self) -> None:
        for file in (Path(self._copy.name), self._errors):
            await ShortOutput(file, self.most).shorten()

    def errors(self) -> str:
        with self._errors.open("rb") as content:
            size = content.seek(0, 2)
            before = self._errors_before if self._errors_before <= size else 0  # it was made shorter meanwhile
            content.seek(max(before, size - TAIL))
            return content.read(TAIL).decode(errors="replace")

    def close(self) -> None:
        """Let go of the pipes. It has ended."""
        self._hushed, self._unsaid = True, bytearray()
        self._flush()
        os.close(self._hear)
        self._copy.close()

    async def _exit(self) -> None:
        await self.program.exited()
        self.exited = True

    def _look(self) -> None:
        """Whoever always has something to say is not waited for."""
        if monotonic() - self._looked > _LOOK:
            self._looked = monotonic()
            self.exited = self.exited or not runs(self.program.pid, self.program.started)

    def _flush(self) -> None:
        if self._say is None:
            self._unsaid.clear()
            return
        try:
            while self._unsaid:
                del self._unsaid[: os.write(self._say, self._unsaid[:_CHUNK])]
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._hushed = True
        if self._hushed:
            self._unsaid.clear()
            os.close(self._say)
            self._say = None


def _pipe(of_reader: ExitStack, of_writer: ExitStack) -> tuple[int, int]:
    """Each end is closed with its stack."""
    reader, writer = os.pipe()
    of_reader.callback(os.close, reader)
    of_writer.callback(os.close, writer)
    return reader, writer
