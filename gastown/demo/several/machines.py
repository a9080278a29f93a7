"""The towns as if each were on a machine of its own: what is a machine's can be lost with it."""

import shutil
from collections.abc import Sequence
from typing import Any

from gastown.adapters.processes.census import ancestors
from gastown.adapters.processes.ending import kill_at_once
from gastown.adapters.processes.family import Mark, marked
from gastown.adapters.processes.sweep import sweep
from gastown.clock import new_id
from gastown.config import load
from gastown.demo.place import Place
from gastown.demo.programs import Answer, Programs

_MACHINE = "GASTOWN_DEMO_MACHINE"


class Machine:
    """folder: of the one town, or hub, that runs there."""

    def __init__(self, place: Place, gt: Sequence[str], name: str) -> None:
        self.name = name
        self.folder = place.root / name
        self._mark: Mark = (_MACHINE, new_id())
        self._programs = Programs(place, gt, self.folder, self._mark)

    async def gt(self, *words: str, ok: tuple[int, ...] = (0,)) -> Answer:
        """Without a town. Raises CallFailedError."""
        return await self._programs.gt(*words, ok=ok)

    async def ask(self, *words: str, ok: tuple[int, ...] = (0,)) -> Any:
        """What the town here answers. Raises CallFailedError."""
        return await self._programs.ask(*words, ok=ok)

    def lose(self) -> None:
        """Everything that runs there, and its disk, at once."""
        town: Mark = ("GT_TOWN_MARK", load(self.folder).incarnation)
        for mark in (self._mark, town):
            kill_at_once(marked(mark, spared=ancestors()))
        shutil.rmtree(self.folder)

    async def sweep(self) -> tuple[int, ...]:
        """End whatever is left there. -> their pids."""
        return await sweep(self._mark)
