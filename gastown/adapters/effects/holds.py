"""HoldWork: what must not go on in this host, as the town said last."""

import anyio

from gastown.actors.effects import HoldWork
from gastown.actors.errands import Frozen
from gastown.adapters.still import Still
from gastown.events.ids import RigName


class Holds:
    """Holds everything until the town has said what is held."""

    def __init__(self) -> None:
        self._word: HoldWork | None = None
        self._works: dict[RigName, Still] = {}
        self._carried_out = -1
        self._news = anyio.Event()

    def work(self, rig: RigName) -> Still:
        """All that is done for this rig."""
        if rig not in self._works:
            self._works[rig] = Still(held=self._stops(rig))
        return self._works[rig]

    async def take(self, word: HoldWork) -> None:
        """It is so when this returns. A word that is not the last one is no longer true, and is let pass."""
        if self._word is None or word.number > self._word.number:
            self._word = word
        async with anyio.create_task_group() as tasks:
            for rig, work in self._works.items():
                tasks.start_soon(self._obey, rig, work)
        if word.number == self._word.number:
            self._carried_out = word.number
            self._news.set()
            self._news = anyio.Event()

    async def carried_out(self, number: int) -> Frozen:
        """Returns when that word of the town's, or a later one, is so."""
        while self._carried_out < number:
            await self._news.wait()
        return Frozen(programs=sum(work.programs for work in self._works.values() if work.held))

    async def _obey(self, rig: RigName, work: Still) -> None:
        """The last word counts, and at once: an earlier one may still be under way."""
        await (work.hold() if self._stops(rig) else work.release())

    def _stops(self, rig: RigName) -> bool:
        return self._word is None or self._word.town or rig in self._word.rigs
