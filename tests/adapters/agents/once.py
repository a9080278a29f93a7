"""A vendor whose program takes one prompt and ends, for `fake_agent.py`."""

from gastown.adapters.agents.dialogue import NOTHING, Call, Ended, Step
from gastown.adapters.agents.failures import of_status
from gastown.adapters.agents.port import Capability, Message, Start
from gastown.adapters.agents.said import understood
from gastown.adapters.agents.told import ConversationOpened, TextSaid, ToolBegan, ToolEnded
from gastown.adapters.agents.turn import Turn
from gastown.events.turn import Failure, Usage


class Once:
    vendor = "once"
    can: frozenset[Capability] = frozenset({"turns", "cancel", "resume", "usage"})

    def call(self, start: Start, message: Message, conversation: str) -> Call:
        resume = ("--resume", conversation) if conversation else ()
        return Call(argv=(start.agent.command, *resume, message.text))

    def listener(self, message: Message) -> "OnceListener":
        return OnceListener(message)


class OnceListener:
    def __init__(self, message: Message) -> None:
        self._turn = Turn(message.id)

    def heard(self, line: bytes) -> Step:
        said = understood(line)
        if said is None:
            return NOTHING
        if said.text("conversation"):
            return Step(events=(ConversationOpened(id=said.text("conversation")),))
        if said.text("tool"):
            return Step(events=(ToolBegan(id=said.text("tool"), tool="sh", title=said.text("title")),))
        if said.text("tool_over"):
            return Step(events=(ToolEnded(id=said.text("tool_over"), ok=said.true("ok")),))
        if said.text("end"):
            return self._end(said.text("end"), said.text("text"), said.count("status"), said.count("calls"))
        return Step(events=(TextSaid(text=said.text("text")),)) if said.text("text") else NOTHING

    def ended(self, how: Ended) -> Step:
        return Step(events=self._turn.exited(how))

    def _end(self, end: str, text: str, status: int, calls: int) -> Step:
        self._turn.used(Usage(fresh=900 * calls, cache_read=200 * calls, output=50 * calls))
        if end == "done":
            return Step(events=self._turn.done(text))
        dropped = Failure(kind="server", message=text)
        return Step(events=self._turn.failed(of_status(status, text) if status else dropped))
