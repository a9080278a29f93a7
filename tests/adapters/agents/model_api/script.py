"""What the model does, as data: steps that answer one request each, in their order, and how each answer comes."""

from typing import TypeAlias

import msgspec


class Tokens(msgspec.Struct, frozen=True, kw_only=True):
    """What an answer costs. Each token is counted once: `fresh` are those of the input that no cache held.

    cache_write is told on the Anthropic wire alone; the others have no word for it, and count it as fresh.
    """

    fresh: int = 900
    cache_read: int = 200
    cache_write: int = 0
    output: int = 50

    def __add__(self, other: "Tokens") -> "Tokens":
        return Tokens(
            fresh=self.fresh + other.fresh,
            cache_read=self.cache_read + other.cache_read,
            cache_write=self.cache_write + other.cache_write,
            output=self.output + other.output,
        )


NO_TOKENS = Tokens(fresh=0, cache_read=0, cache_write=0, output=0)


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """When an answer comes. until: once this file exists. after: seconds later. between: seconds from word to word."""

    until: str = ""
    after: float = 0.0
    between: float = 0.0


class Say(msgspec.Struct, frozen=True, tag="say"):
    """The model writes this and has nothing more to do: its turn is over."""

    text: str
    tokens: Tokens = Tokens()
    pace: Pace = Pace()


class Run(msgspec.Struct, frozen=True, tag="run"):
    """The model wants a shell command to be run, by whichever tool it was offered for that."""

    command: str
    text: str = ""
    tokens: Tokens = Tokens()
    pace: Pace = Pace()


class Use(msgspec.Struct, frozen=True, tag="use"):
    """The model wants to use the tool whose name ends so (vendors put the name of its MCP server before it)."""

    tool: str
    arguments: dict[str, object] = {}
    tokens: Tokens = Tokens()
    pace: Pace = Pace()


class Fail(msgspec.Struct, frozen=True, kw_only=True, tag="fail"):
    """This many requests are refused with this status. retry_after: seconds, told in a header; None: no such header.

    message: "": what such an API says then.
    """

    status: int
    times: int = 1
    retry_after: int | None = None
    message: str = ""


MESSAGES = {
    400: "Invalid request: the parameter 'messages' is not as it should be.",
    401: "Incorrect API key provided. Check your API key.",
    403: "Your API key has no permission to use this model.",
    404: "There is no such model.",
    429: "Rate limit reached for requests. Please try again later.",
    500: "The server had an error while processing your request.",
    503: "The service is unavailable.",
    529: "Overloaded",
}


class Drop(msgspec.Struct, frozen=True, kw_only=True, tag="drop"):
    """The connection of this many requests is cut, before any answer or in the middle of one."""

    times: int = 1
    within: bool = False


class Hang(msgspec.Struct, frozen=True, kw_only=True, tag="hang"):
    """No answer, ever."""


Reply: TypeAlias = Say | Run | Use
Step: TypeAlias = Say | Run | Use | Fail | Drop | Hang

FOREVER = 1_000_000_000


class Script(msgspec.Struct, kw_only=True):
    """Steps for the requests that this script is meant for; the last one repeats, or, if `once`, the script is over.

    about: for conversations in which this text occurs, "" for all. key: for requests with this key, "" for all.
    by_results: a conversation is at the step of as many tool results as it holds, instead of each request being the
    next step: several conversations, and those begun anew, do not disturb each other then. It has replies alone.
    """

    steps: list[Step]
    about: str = ""
    key: str = ""
    once: bool = False
    by_results: bool = False
    taken: int = 0

    def __post_init__(self) -> None:
        if not self.steps or (self.by_results and not all(isinstance(step, Reply) for step in self.steps)):
            msg = "a script has steps, and one by results has replies alone"
            raise ValueError(msg)

    def over(self) -> bool:
        return self.once and self.taken >= sum(map(times, self.steps))

    def at(self, number: int) -> Step:
        """The step with this number, where one that is for several requests counts as often."""
        for step in self.steps:
            if number < times(step):
                return step
            number -= times(step)
        return self.steps[-1]


def times(step: Step) -> int:
    return step.times if isinstance(step, Fail | Drop) else 1
