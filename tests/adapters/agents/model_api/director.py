"""Which step of which script answers a request."""

from model_api.asked import Asked
from model_api.script import Reply, Say, Script, Step, Tokens

TITLE = Say(text="A title", tokens=Tokens(fresh=90, cache_read=0, output=5))
"""The answer to a request that offers no tool: programs ask for titles and summaries on the side."""

UNPLANNED = Say(text="Nothing was planned for this.")


class Director:
    """Holds the scripts. Of those that are meant for a request, the newest answers it."""

    def __init__(self) -> None:
        self.scripts: list[Script] = []

    def play(self, *steps: Step, about: str = "", key: str = "", once: bool = False, by_results: bool = False) -> None:
        """A script from now on; see Script."""
        self.add(Script(steps=list(steps), about=about, key=key, once=once, by_results=by_results))

    def add(self, script: Script) -> None:
        self.scripts.insert(0, script)

    def clear(self) -> None:
        self.scripts = []

    def step(self, asked: Asked) -> Step:
        """Failures meet every request; replies only those that offer tools."""
        script = next((one for one in self.scripts if not one.over() and _meant(one, asked)), None)
        step = UNPLANNED if script is None else script.at(asked.results() if script.by_results else script.taken)
        if isinstance(step, Reply) and not asked.tools:
            return TITLE
        if script is not None:
            script.taken += 1
        return step


def _meant(script: Script, asked: Asked) -> bool:
    return script.key in ("", asked.key) and (not script.about or asked.holds(script.about))
