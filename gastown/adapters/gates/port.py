"""The port to setup and gate commands: each is run at the root of a checkout and judged."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Protocol, TypeAlias

import msgspec

from gastown.adapters.still import Still

Verdict: TypeAlias = Literal["passed", "red", "broke"]
"""broke: it says nothing about the code under test, as its tool is missing, it took too long, or it was killed."""


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """A command to judge a checkout by. timeout: seconds. log: this file holds its output afterwards.

    mark: (name, value) of the environment variable by which its processes are known. still: holds them now and then;
    that time does not count.
    """

    command: str
    folder: Path
    environment: Mapping[str, str]
    mark: tuple[str, str]
    timeout: float
    log: Path
    still: Still = msgspec.field(default_factory=Still)


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """exit_code: -1 when there is none. reason: in words, "" when passed. tail: the end of the output."""

    verdict: Verdict
    exit_code: int
    reason: str
    seconds: float
    tail: str


class Checks(Protocol):
    async def run(self, check: Check) -> Result:
        """Never raises for what the command does. None of its processes is left afterwards."""
        ...
