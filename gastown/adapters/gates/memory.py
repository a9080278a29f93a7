"""`Checks` in memory: what a command comes to is decided from the files it would have seen."""

import math
from collections.abc import Callable
from typing import TypeAlias

import anyio
import msgspec

from gastown.adapters.files.memory import MemoryFiles
from gastown.adapters.gates.judging import judged, not_started
from gastown.adapters.gates.port import Check, Result
from gastown.adapters.git.memory_store import MemoryStore
from gastown.adapters.pause import Pause, no_pause
from gastown.adapters.processes.memory_machine import MemoryMachine, MemoryProgram, Process
from gastown.adapters.processes.program import TAIL, run_out


class Ran(msgspec.Struct, frozen=True):
    """code: an exit code, or the signal (of `signal.Signals`) it died by. seconds: that it took."""

    code: int
    seconds: float = 0.0
    output: str = ""


HANG = Ran(0, math.inf)

Judge: TypeAlias = Callable[[str, dict[str, str]], int | Ran]
"""The command and the files at hand, which it may change. -> its exit code or signal, or all that there is to say."""


class MemoryChecks:
    """Its processes run on `machine`; their output goes to `files`."""

    def __init__(
        self, store: MemoryStore, judge: Judge, machine: MemoryMachine, files: MemoryFiles, pause: Pause = no_pause
    ) -> None:
        self._store = store
        self._judge = judge
        self._machine = machine
        self._files = files
        self._pause = pause

    async def run(self, check: Check) -> Result:
        """Never raises for what the command does. None of its processes is left afterwards."""
        await check.still.passed()
        await self._pause("check: begin")
        self._files.remove(check.log)  # of an earlier run that was cut off
        try:
            files = self._store.files(check.folder)
        except FileNotFoundError:
            return not_started(f"/bin/sh cannot be started in {check.folder}: it is not there")
        program = MemoryProgram(self._machine, self._start(check, files), check.mark, self._pause)
        ending = await run_out(program, seconds=check.timeout, still=check.still)
        await self._pause("check: done")
        return judged(ending, check.timeout, self._files.tail(check.log, TAIL))

    def _start(self, check: Check, files: dict[str, str]) -> Process:
        async def command(process: Process) -> int:
            found = self._judge(check.command, files)
            ran = found if isinstance(found, Ran) else Ran(found)
            process.print(ran.output)
            await (anyio.sleep_forever() if math.isinf(ran.seconds) else anyio.sleep(ran.seconds))
            return ran.code

        started = self._machine.start(check.mark, command, environment=check.environment)
        started.output = lambda text: self._files.write(
            check.log, self._files.content.get(check.log, b"") + text.encode()
        )
        return started
