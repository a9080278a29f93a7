"""The demo from its first line to its last: whatever happens in between, nothing is left running."""

from collections.abc import Sequence

import anyio
from anyio.abc import TaskGroup

from gastown.clock import monotonic
from gastown.demo.account import account, verdict
from gastown.demo.expectations import Expectation, judge
from gastown.demo.facts import Facts
from gastown.demo.interruption import stop_on_signal
from gastown.demo.narration import Narrator, Say
from gastown.demo.place import make_place
from gastown.demo.programs import CallFailedError, Programs, Record
from gastown.demo.stage import Stage
from gastown.errors import GastownError

_ENDED = "gt down leaves no process of the town"


def play(gt: Sequence[str], *, keep: bool, say: Say) -> Record:
    """Run the whole story and account for it: see `account` and `verdict`. gt: the command, as words.

    keep: the town is left up. Otherwise it is stopped; its folder is left only when something went wrong.
    Raises CallFailedError where it could not be played to its end, KeyboardInterrupt when it was told to stop.
    """

    async def run() -> Record:
        return await _Play(gt, keep, say).run()

    return anyio.run(run)


class _Play:
    def __init__(self, gt: Sequence[str], keep: bool, say: Say) -> None:
        self._begun = monotonic()
        self._keep = keep
        self._place = make_place()
        self._narrator = Narrator(say, self._seconds)
        self._stage = Stage(self._place, Programs(self._place, gt), self._narrator)
        self._story = anyio.CancelScope()
        self._facts: Facts | None = None
        self._judged: list[Expectation] = []
        self._trouble: GastownError | None = None

    def _seconds(self) -> float:
        return monotonic() - self._begun

    async def run(self) -> Record:
        async with anyio.create_task_group() as tasks:
            await tasks.start(stop_on_signal, self._story)
            try:
                await self._perform()
            finally:
                with anyio.CancelScope(shield=True):
                    await self._end()
            tasks.cancel_scope.cancel()
        if self._trouble is not None:
            raise self._explained(self._trouble)
        if self._facts is None:
            self._place.remove()
            raise KeyboardInterrupt
        return self._document(self._facts)

    async def _perform(self) -> None:
        """Sets _facts and _judged, or _trouble, or nothing when it was stopped."""
        async with anyio.create_task_group() as tasks:
            try:
                with self._story:
                    self._facts = await self._tell(tasks)
                    self._judged = judge(self._facts)
            except GastownError as error:
                self._trouble = error
            tasks.cancel_scope.cancel()

    async def _tell(self, tasks: TaskGroup) -> Facts:
        base = await self._stage.build()
        await self._stage.equip()
        tasks.start_soon(self._stage.watch)
        ids, convoy = await self._stage.give_out()
        await self._stage.finish(ids)
        return await self._stage.look(ids, convoy, base)

    async def _end(self) -> None:
        """Afterwards nothing runs but a town that is to be kept."""
        if self._keep and self._judged:
            return
        self._narrator.note("you", "take the town down", "dim")
        self._judged.append(Expectation(name=_ENDED, wrong=await self._stage.clear()))

    def _document(self, facts: Facts) -> Record:
        good = all(one.holds for one in self._judged)
        if good and not self._keep:
            self._place.remove()
        folder = None if good and not self._keep else self._place.root
        return {**verdict(self._judged, self._seconds(), folder, up=self._keep), **account(facts)}

    def _explained(self, trouble: GastownError) -> CallFailedError:
        hint = (
            f"the town is stopped; look at it in {self._place.town} (logs/, sessions/), then: rm -r {self._place.root}"
        )
        return CallFailedError(f"the demo could not be played to its end: {trouble.message}", hint)
