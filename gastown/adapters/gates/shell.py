"""`Checks` by `sh -c`."""

import anyio

from gastown.adapters.gates.judging import judged, not_started
from gastown.adapters.gates.port import Check, Result
from gastown.adapters.processes.program import Containment, Launch, StartFailedError, run, tail


class ShellChecks:
    """containment: what holds the processes of each check."""

    def __init__(self, containment: Containment) -> None:
        self._containment = containment

    async def run(self, check: Check) -> Result:
        """Never raises for what the command does. None of its processes is left afterwards."""
        await check.still.passed()
        launch = Launch(
            argv=("/bin/sh", "-c", check.command),
            folder=check.folder,
            environment=check.environment,
            mark=check.mark,
            output=check.log,
        )
        await anyio.Path(check.log).unlink(missing_ok=True)  # of an earlier run that was cut off
        try:
            ending = await run(self._containment, launch, seconds=check.timeout, still=check.still)
        except StartFailedError as error:
            return not_started(error.message)
        return judged(ending, check.timeout, tail(check.log))
