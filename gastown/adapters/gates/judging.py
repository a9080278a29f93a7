"""What the end of a gate says about the code under test. Pure."""

from gastown.adapters.gates.port import Result, Verdict
from gastown.adapters.processes.program import Ending, signal_name

_NOT_RUN = {126: "cannot be executed", 127: "was not found"}
"""What a shell means by these exit codes: the tool is missing, which says nothing about the code under test."""


def judged(ending: Ending, timeout: float, tail: str) -> Result:
    """timeout: in seconds, what it was given. tail: the end of its output."""
    verdict, reason = _judge(ending, timeout)
    code = -1 if ending.exit.code is None else ending.exit.code
    return Result(verdict=verdict, exit_code=code, reason=reason, seconds=ending.seconds, tail=tail)


def not_started(reason: str) -> Result:
    return Result(verdict="broke", exit_code=-1, reason=reason, seconds=0.0, tail="")


def _judge(ending: Ending, timeout: float) -> tuple[Verdict, str]:
    code, number = ending.exit.code, ending.exit.signal
    if ending.timed_out:
        return "broke", f"did not end within {timeout:g} s"
    if number is not None:
        return "broke", f"ended by {signal_name(number)}"
    if code in _NOT_RUN:
        return "broke", f"exit {code}: a command {_NOT_RUN[code]}"
    return ("passed", "") if code == 0 else ("red", f"exit {code}")
