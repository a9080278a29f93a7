"""HoldWork: what must not go on in this host, as the town said last."""

from gastown.actors.effects import HoldWork
from gastown.events.ids import RigName


class Holds:
    """Holds everything until the town has said what is held."""

    def __init__(self) -> None:
        self._word: HoldWork | None = None

    def take(self, word: HoldWork) -> None:
        """An earlier word than the last one is no longer true."""
        if self._word is None or word.number > self._word.number:
            self._word = word

    def stops(self, rig: RigName) -> bool:
        """Whether nothing of this rig may run now."""
        return self._word is None or self._word.town or rig in self._word.rigs
