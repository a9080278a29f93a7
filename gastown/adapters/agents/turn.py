"""One turn at a time, as a dialogue keeps it: what has been heard of it, and that it ends exactly once."""

import msgspec

from gastown.adapters.agents.dialogue import Ended
from gastown.adapters.agents.failures import of_words
from gastown.adapters.agents.told import AgentEvent, MessageTaken, TurnEnded
from gastown.adapters.processes.program import signal_name
from gastown.events.turn import Failure, Usage

MOST_TEXT = 1024 * 1024
"""Characters of what is said last."""


class Turn:
    """One with this message; "": none, as before the first."""

    def __init__(self, message: str = "") -> None:
        self.message = message
        self.open = bool(message)
        self.cancelling = False
        self.text = ""
        self.usage: Usage | None = None
        self.denied: list[str] = []
        self.trouble: Failure | None = None
        self._taken = not message

    def take(self) -> tuple[AgentEvent, ...]:
        """Its message has been taken: told once."""
        taken, self._taken = self._taken, True
        return () if taken else (MessageTaken(id=self.message),)

    def used(self, usage: Usage) -> None:
        """More of it."""
        self.usage = usage if self.usage is None else self.usage + usage

    def done(self, text: str | None = None) -> tuple[AgentEvent, ...]:
        return self._end(TurnEnded(end="done", text=(self.text if text is None else text)[:MOST_TEXT]))

    def cancelled(self) -> tuple[AgentEvent, ...]:
        return self._end(TurnEnded(end="cancelled", text=self.text[:MOST_TEXT]))

    def failed(self, failure: Failure) -> tuple[AgentEvent, ...]:
        return self._end(TurnEnded(end="failed", text=self.text[:MOST_TEXT], failure=failure))

    def exited(self, how: Ended) -> tuple[AgentEvent, ...]:
        """Its program has ended: the turn, too, and not well unless that was wanted."""
        if how.cancelled:
            return self.cancelled()
        if self.trouble:
            return self.failed(self.trouble)
        end = signal_name(how.signal) if how.signal else f"exit code {how.exit_code}"
        words = how.errors.strip()
        return self.failed(of_words(f"{words}\n({end})") if words else Failure(kind="crash", message=_early(end)))

    def _end(self, ended: TurnEnded) -> tuple[AgentEvent, ...]:
        if not self.open:
            return ()
        self.open = False
        return (msgspec.structs.replace(ended, usage=self.usage, denied=tuple(self.denied)),)


def _early(end: str) -> str:
    return f"it ended ({end}) before its turn had"
