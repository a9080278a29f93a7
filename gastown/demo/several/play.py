"""The demo of several towns from its first line to its last: whatever happens in between, nothing is left running."""

from collections.abc import Sequence

import anyio
import msgspec

from gastown.clock import monotonic
from gastown.demo.account import verdict
from gastown.demo.expectations import Expectation
from gastown.demo.interruption import stop_on_signal
from gastown.demo.narration import Narrator, Say
from gastown.demo.place import make_place
from gastown.demo.programs import CallFailedError, Record
from gastown.demo.several.facts import Facts, gather
from gastown.demo.several.judging import judge
from gastown.demo.several.stage import Stage
from gastown.errors import GastownError

_ENDED = "gt down leaves no process of any town or of the hub"


def play(gt: Sequence[str], *, say: Say) -> Record:
    """Run the whole story and account for it. gt: the command, as words.

    Everything is stopped in the end; the folder is left only when something went wrong.
    Raises CallFailedError where it could not be played to its end, KeyboardInterrupt when it was told to stop.
    """

    async def run() -> Record:
        return await _Play(gt, say).run()

    return anyio.run(run)


class _Play:
    def __init__(self, gt: Sequence[str], say: Say) -> None:
        self._begun = monotonic()
        self._place = make_place()
        self._stage = Stage(self._place, gt, Narrator(say, self._seconds))
        self._story = anyio.CancelScope()
        self._facts: Facts | None = None
        self._left = ""
        self._trouble: GastownError | None = None

    def _seconds(self) -> float:
        return monotonic() - self._begun

    async def run(self) -> Record:
        async with anyio.create_task_group() as tasks:
            await tasks.start(stop_on_signal, self._story)
            try:
                with self._story:
                    self._facts = await self._tell()
            except GastownError as error:
                self._trouble = error
            finally:
                with anyio.CancelScope(shield=True):
                    self._left = await self._stage.clear()
            tasks.cancel_scope.cancel()
        if self._trouble is not None:
            hint = f"all is stopped; look at it in {self._place.root}, then: rm -r {self._place.root}"
            raise CallFailedError(f"the demo could not be played to its end: {self._trouble.message}", hint)
        if self._facts is None:
            self._place.remove()
            raise KeyboardInterrupt
        return self._document(self._facts)

    async def _tell(self) -> Facts:
        stage = self._stage
        base = await stage.build()
        ids, convoy = await stage.give_out()
        await stage.lose(ids)
        adoption = await stage.adopt()
        await stage.finish(ids)
        return await gather(stage, ids, convoy, base, adoption)

    def _document(self, facts: Facts) -> Record:
        judged = [*judge(facts), Expectation(name=_ENDED, wrong=self._left)]
        good = all(one.holds for one in judged)
        if good:
            self._place.remove()
        shown = msgspec.to_builtins(facts)
        return {**verdict(judged, self._seconds(), None if good else self._place.root, up=False), **shown}
