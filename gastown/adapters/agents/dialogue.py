"""What a vendor is, to the drivers: how its program is called, and what it and we say to each other. Pure, no I/O."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import msgspec

from gastown.adapters.agents.port import Capability, Message, Start
from gastown.adapters.agents.probe import Probe
from gastown.adapters.agents.told import AgentEvent


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """How a program is called. environment: over that of Start. files: to be written first, below `Start.logs`.

    stdin: what it reads, for a program that is not talked to.
    """

    argv: tuple[str, ...]
    environment: Mapping[str, str] = {}
    files: Mapping[Path, str] = {}
    stdin: str = ""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What follows from something: what is told, and the lines to be said to the program, without their ends."""

    events: tuple[AgentEvent, ...] = ()
    lines: tuple[bytes, ...] = ()


NOTHING = Step()


class Ended(msgspec.Struct, frozen=True, kw_only=True):
    """How a program ended. errors: the end of what it wrote to standard error. cancelled: we ended its turn."""

    exit_code: int | None
    signal: int | None
    errors: str = ""
    cancelled: bool = False


class Listener(Protocol):
    """Understands what one process says, line by line, for one turn or for all of them. It never raises: a line nobody
    understands is passed over, or told as what it means."""

    def heard(self, line: bytes) -> Step: ...

    def ended(self, how: Ended) -> Step:
        """Ends the turn, should one be open: exactly one TurnEnded for each turn."""
        ...


class Dialogue(Listener, Protocol):
    """Both sides of a conversation over lines with one process."""

    def opening(self) -> Step:
        """What is said first; the first turn's prompt follows from what is heard then, or comes with it."""
        ...

    def prompt(self, message: Message) -> Step: ...

    def steer(self, message: Message) -> Step: ...

    def answer(self, ask: str, *, allow: bool) -> Step: ...

    def cancel(self) -> Step: ...


class OneShotVendor(Protocol):
    """A process for each turn."""

    vendor: str
    can: frozenset[Capability]

    def call(self, start: Start, message: Message, conversation: str) -> Call:
        """conversation: the one to go on with, "" for a new one."""
        ...

    def listener(self, message: Message) -> Listener:
        """For the process of this turn."""
        ...


class StreamVendor(Protocol):
    """One process for all turns."""

    vendor: str
    can: frozenset[Capability]

    def call(self, start: Start) -> Call: ...

    def dialogue(self, start: Start, first: Message) -> Dialogue: ...

    def probe(self, start: Start) -> Probe:
        """Of a process that is called in the same way, and given no prompt."""
        ...
