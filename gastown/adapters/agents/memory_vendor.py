"""Vendors in memory: both ways, what is said is what the drivers tell and are told, as JSON."""

from typing import Any, TypeAlias, get_args

import msgspec

from gastown.adapters.agents.dialogue import NOTHING, Call, Ended, Step
from gastown.adapters.agents.memory_talks import Pipes
from gastown.adapters.agents.port import Capability, Message, Start
from gastown.adapters.agents.told import AgentEvent, MessageTaken, TurnEnded
from gastown.adapters.agents.turn import Turn

_KINDS: dict[str, Any] = {kind.__name__: kind for kind in get_args(AgentEvent)}


class Prompt(msgspec.Struct, frozen=True, tag=True):
    """Begin a turn with it."""

    message: Message


class Steer(msgspec.Struct, frozen=True, tag=True):
    """Hear this within the turn."""

    message: Message


class Cancel(msgspec.Struct, frozen=True, tag=True):
    """End the turn."""


class Permit(msgspec.Struct, frozen=True, tag=True):
    """What you have asked for, or not."""

    ask: str
    allow: bool


Heard: TypeAlias = Prompt | Steer | Cancel | Permit

_heard = msgspec.json.Decoder(Heard)


class Voice:
    """The program's side of it."""

    def __init__(self, pipes: Pipes) -> None:
        self._pipes = pipes

    async def hear(self) -> Heard | None:
        """None: there will be nothing more."""
        line = await self._pipes.hear()
        return None if line is None else _heard.decode(line)

    def tell(self, event: AgentEvent) -> None:
        self._pipes.say(msgspec.json.encode((type(event).__name__, event)))


def _understood(line: bytes) -> AgentEvent:
    name, told = msgspec.json.decode(line, type=tuple[str, msgspec.Raw])
    return msgspec.json.decode(told, type=_KINDS[name])


class MemoryListener:
    """To the program of one turn, or of all of them."""

    def __init__(self, message: Message) -> None:
        self._turn = Turn(message.id)

    def heard(self, line: bytes) -> Step:
        event = _understood(line)
        match event:
            case TurnEnded():
                was, self._turn = self._turn, Turn()
                return Step(events=(event,)) if was.open else NOTHING
            case MessageTaken(id=self._turn.message):
                return Step(events=self._turn.take())
            case _:
                return Step(events=(event,))

    def ended(self, how: Ended) -> Step:
        return Step(events=self._turn.exited(how))


class MemoryDialogue(MemoryListener):
    """With one program for all turns."""

    def __init__(self, first: Message) -> None:
        super().__init__(first)
        self._first = first

    def opening(self) -> Step:
        return _said(Prompt(self._first))

    def prompt(self, message: Message) -> Step:
        self._turn = Turn(message.id)
        return _said(Prompt(message))

    def steer(self, message: Message) -> Step:
        return _said(Steer(message))

    def answer(self, ask: str, *, allow: bool) -> Step:
        return _said(Permit(ask, allow))

    def cancel(self) -> Step:
        return _said(Cancel())


def _said(what: Heard) -> Step:
    return Step(lines=(msgspec.json.encode(what),))


class MemoryStream:
    """One process for all turns."""

    def __init__(self, vendor: str, can: frozenset[Capability]) -> None:
        self.vendor = vendor
        self.can = can

    def call(self, start: Start) -> Call:
        return Call(argv=(self.vendor, start.resume))

    def dialogue(self, start: Start, first: Message) -> MemoryDialogue:
        del start
        return MemoryDialogue(first)


class MemoryOneShot:
    """A process for each turn: its standard input is the prompt."""

    def __init__(self, vendor: str, can: frozenset[Capability]) -> None:
        self.vendor = vendor
        self.can = can

    def call(self, start: Start, message: Message, conversation: str) -> Call:
        del start
        return Call(argv=(self.vendor, conversation), stdin=message.text)

    def listener(self, message: Message) -> MemoryListener:
        return MemoryListener(message)
