"""`Checks` by `sh -c`: judged by how the command ends, failing closed."""

import anyio

from gastown.adapters.gates.port import Check, Result, Verdict
from gastown.adapters.processes.program import Ending, Launch, StartFailedError, run, signal_name, tail

_NOT_RUN = {126: "cannot be executed", 127: "was not found"}
"""What a shell means by these exit codes: the tool is missing, which says nothing about the code under test."""


class ShellChecks:
    async def run(self, check: Check) -> Result:
        """Never raises for what the command does. None of its processes is left afterwards."""
        launch = Launch(
            argv=("/bin/sh", "-c", check.command),
            folder=check.folder,
            environment=check.environment,
            mark=check.mark,
            output=check.log,
        )
        await anyio.Path(check.log).unlink(missing_ok=True)  # of an earlier run that was cut off
        try:
            ending = await run(launch, seconds=check.timeout)
        except StartFailedError as error:
            return Result(verdict="broke", exit_code=-1, reason=error.message, seconds=0.0, tail="")
        verdict, reason = _judge(ending, check.timeout)
        code = -1 if ending.exit.code is None else ending.exit.code
        return Result(verdict=verdict, exit_code=code, reason=reason, seconds=ending.seconds, tail=tail(check.log))


def _judge(ending: Ending, timeout: float) -> tuple[Verdict, str]:
    code, number = ending.exit.code, ending.exit.signal
    if ending.timed_out:
        return "broke", f"did not end within {timeout:g} s"
    if number is not None:
        return "broke", f"ended by {signal_name(number)}"
    if code in _NOT_RUN:
        return "broke", f"exit {code}: a command {_NOT_RUN[code]}"
    return ("passed", "") if code == 0 else ("red", f"exit {code}")
