"""All vendors: the one list of whose programs can work here, what each can do, and how its agent is made."""

import os
import shlex
import shutil
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

import msgspec

from gastown.adapters.agents.acp_driver import AcpAgent, AcpVendor
from gastown.adapters.agents.acp_program import HOME, AcpProgram
from gastown.adapters.agents.dialogue import StreamVendor
from gastown.adapters.agents.one_shot_driver import OneShotAgent
from gastown.adapters.agents.pipe_talks import PipeTalks
from gastown.adapters.agents.port import Agent, Capability
from gastown.adapters.agents.probe import version_in
from gastown.adapters.agents.shell import ShellAgent
from gastown.adapters.agents.stream_driver import StreamAgent
from gastown.adapters.agents.vendors.acp import ANY, PROGRAMS, any_program
from gastown.adapters.agents.vendors.amp import Amp
from gastown.adapters.agents.vendors.claude import Claude
from gastown.adapters.agents.vendors.codex import Codex
from gastown.adapters.agents.vendors.pi import Pi
from gastown.adapters.processes.program import Containment

_Make: TypeAlias = Callable[[Containment], Agent]


class Vendor(msgspec.Struct, frozen=True, kw_only=True):
    """program: what is looked for on the PATH, "" where each agent names its own command.

    measured: what is said of it was seen with the real program; otherwise it is from documentation. source: of which
    version, or whose. stream: how it is talked with, None where one process takes one prompt. tools: variables that its
    tools see besides those it was given. hoped, homes: see AcpProgram.
    """

    name: str
    program: str
    can: frozenset[Capability]
    measured: bool
    source: str
    make: _Make
    hoped: frozenset[Capability] = frozenset()
    homes: Mapping[str, str] = HOME
    stream: StreamVendor | None = None
    tools: Mapping[str, str] = {}

    @property
    def version(self) -> str:
        """Of the program that was measured, "" where none was."""
        return version_in(self.source) if self.measured else ""

    def found(self, path: str) -> str | None:
        """Where its program is, on this PATH."""
        return shutil.which(self.program, path=path) if self.program else None


def _stream(vendor: StreamVendor, source: str, homes: Mapping[str, str]) -> Vendor:
    return Vendor(
        name=vendor.vendor,
        program=vendor.vendor,
        can=vendor.can,
        measured=True,
        source=source,
        make=lambda containment: StreamAgent(vendor, PipeTalks(containment)),
        stream=vendor,
        homes=homes,
    )


def _of_acp(program: AcpProgram) -> Vendor:
    return Vendor(
        name=program.vendor,
        program=shlex.split(program.program)[0],
        can=program.can,
        hoped=program.hoped,
        measured=program.measured,
        source=program.source,
        make=lambda containment: AcpAgent(program, PipeTalks(containment)),
        stream=AcpVendor(program),
        tools=program.tool_environment,
        homes=program.homes,
    )


_SHELL = Vendor(name=ShellAgent.vendor, program="", can=ShellAgent.can, measured=True, source="ours", make=ShellAgent)
_AMP = Vendor(
    name=Amp.vendor,
    program="amp",
    can=Amp.can,
    measured=False,
    source="amp's documentation, 2026-11",
    make=lambda containment: OneShotAgent(Amp(), PipeTalks(containment)),
)

VENDORS: Mapping[str, Vendor] = {
    vendor.name: vendor
    for vendor in (
        _SHELL,
        _stream(Claude(root=os.geteuid() == 0), "claude 2.1.197", dict(Claude.homes)),
        _stream(Codex(), "codex 0.169.0", Codex.homes),
        _stream(Pi(), "pi 0.73.1", Pi.homes),
        *map(_of_acp, PROGRAMS),
        _AMP,
    )
}
"""By name. Besides, there is `acp:CMD`: see `vendor`."""


def vendor(name: str) -> Vendor | None:
    """None: it is not known. `acp:CMD` is any agent that speaks ACP, started by that command."""
    if not name.startswith(ANY):
        return VENDORS.get(name)
    try:
        words = shlex.split(name.removeprefix(ANY))
    except ValueError:  # a quote without its second
        return None
    return _of_acp(any_program(name)) if words else None


def homes(name: str) -> Mapping[str, str]:
    """Of this vendor: see AcpProgram."""
    known = vendor(name)
    return known.homes if known is not None else HOME


def names() -> tuple[str, ...]:
    """All there are, for people."""
    return (*VENDORS, f"{ANY}CMD")


class Agents(Mapping[str, Agent]):
    """By vendor, each made when it is first asked for: what a session needs is loaded with the first such session."""

    def __init__(self, containment: Containment) -> None:
        """containment: what holds the processes of each session."""
        self._containment = containment
        self._made: dict[str, Agent] = {}

    def __getitem__(self, name: str) -> Agent:
        if name not in self._made:
            known = vendor(name)
            if known is None:
                raise KeyError(name)
            self._made[name] = known.make(self._containment)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(VENDORS)

    def __len__(self) -> int:
        return len(VENDORS)
