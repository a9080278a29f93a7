"""One turn of an ACP agent, while it lasts. Pure."""

from gastown.adapters.agents.told import AgentEvent, MessageTaken, TextSaid

TEXT_LIMIT = 64 * 1024
"""Characters of the last thing said that are kept."""


class Turn:
    """prompts: the requests that are still to be answered, each with the message it carries; a turn has more than one
    when it was steered. denied: tools that were not let to be used.
    """

    def __init__(self) -> None:
        self.prompts: dict[int, str] = {}
        self.denied: list[str] = []
        self.cancelled = False
        self.stopped_for: set[str] = set()
        self._untaken: dict[str, bool] = {}
        self._said: list[str] = []
        self._length = 0
        self._piece_of: str | None = None
        self._new = True

    @property
    def text(self) -> str:
        """What the model said last."""
        return "".join(self._said)[-TEXT_LIMIT:]

    def prompted(self, request: int, message: str) -> None:
        self._untaken[message] = not self.prompts
        self.prompts[request] = message

    def answered(self, request: int, *, well: bool) -> tuple[AgentEvent, ...]:
        """well: not by an error."""
        message = self.prompts.pop(request)
        if self._untaken.pop(message, None) is None or not well:
            return ()
        return (MessageTaken(id=message),)

    def stirred(self) -> tuple[AgentEvent, ...]:
        """The agent works on the turn: it has what the turn began with. A message said within it is known to be taken
        only when the model was asked again since: see `tool_ended`.
        """
        return self._taken(*(message for message, at_once in self._untaken.items() if at_once))

    def tool_ended(self) -> None:
        """What the model does next, it does with all that was said until now."""
        self._untaken = dict.fromkeys(self._untaken, True)
        self._new = True

    def said(self, text: str, piece_of: str | None) -> tuple[AgentEvent, ...]:
        if piece_of != self._piece_of:
            if self._said:
                self._untaken = dict.fromkeys(self._untaken, True)
            self._piece_of, self._new = piece_of, True
        if not text:
            return self.stirred()
        if self._new:
            self._said, self._length, self._new = [], 0, False
        self._said.append(text)
        self._length += len(text)
        if self._length > 2 * TEXT_LIMIT:
            self._said = [self.text]
            self._length = len(self._said[0])
        return (*self.stirred(), TextSaid(text=text))

    def _taken(self, *messages: str) -> tuple[AgentEvent, ...]:
        for message in messages:
            del self._untaken[message]
        return tuple(MessageTaken(id=message) for message in messages)
