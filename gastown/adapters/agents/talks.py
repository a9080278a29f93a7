"""The port to the programs that drivers talk with: `pipe_talks.py` has those of this machine, `memory_talks.py` made-up
ones.
"""

from collections.abc import Iterable
from typing import Protocol

from gastown.adapters.agents.dialogue import Call
from gastown.adapters.agents.port import Start
from gastown.adapters.agents.told import LineDropped
from gastown.adapters.processes.program import Exit, Running

BRIEF = "brief"
"""The id of the first message."""
OUTPUT, ERRORS = "output.log", "errors.log"


class Talk(Protocol):
    """One program: its lines are heard and kept, ours are said when it takes them.

    heard_all: nothing more will be heard. exited: its first process has ended.
    """

    program: Running
    heard_all: bool
    exited: bool

    @property
    def unsaid(self) -> int:
        """Bytes that it has not taken yet."""
        ...

    def hear(self) -> list[bytes | LineDropped] | None:
        """The lines that have come. None: for the moment, nothing has."""
        ...

    def say(self, lines: Iterable[bytes]) -> None:
        """As soon as it takes them; what has ended, or does not listen, is not told."""
        ...

    def hush(self) -> None:
        """There is nothing more to be said: it sees the end of its input."""
        ...

    def nudge(self) -> None:
        """`stir` returns."""
        ...

    async def stir(self, seconds: float) -> None:
        """Returns when there is something to be heard, when something could be said, when it has ended, when nudged, or
        after so many seconds in which it was not held still."""
        ...

    async def end(self, patience: float) -> Exit:
        """End all of it. Returns when it is gone; what it has said can still be heard."""
        ...

    async def shorten(self) -> None:
        """What this session's programs have written is made shorter, if it is too long: see `Start.most_output`."""
        ...

    def errors(self) -> str:
        """The end of what it wrote to standard error."""
        ...

    def close(self) -> None:
        """It has ended, and all was heard."""
        ...


class Talks(Protocol):
    """Starts them."""

    async def begin(self, start: Start, call: Call, *, talks: bool) -> Talk:
        """talks: we say something, instead of `call.stdin`. Raises StartFailedError, OSError."""
        ...

    def tail(self, start: Start) -> str:
        """The end of what this session's programs have written: to standard error, else to standard output."""
        ...
