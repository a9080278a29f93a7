"""What an agent's check is remembered by: its program's file, what it is started with, the walls that it has."""

import hashlib
import os
import shlex
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeAlias

import msgspec

from gastown.adapters.agents.catalogue import Vendor
from gastown.adapters.git.port import Sandbox
from gastown.adapters.processes.program import Walls
from gastown.events.agent import AgentSpec

WallsFor: TypeAlias = Callable[[Sandbox, Path], Walls]
"""Those that its sessions have, around this sandbox, with this folder in the place of a session's."""
_NOWHERE = Sandbox(worktree=Path(), branch="", base="")
_OURS = ("GT_", "TRACEPARENT")
"""Variables that differ with every session, and that no program's answer depends on."""


def program_of(known: Vendor, spec: AgentSpec) -> str:
    """ "": it is a command of the shell's."""
    return (spec.command or shlex.split(known.program)[0]) if known.program else ""


def key_of(known: Vendor, spec: AgentSpec, environment: Mapping[str, str], walls: WallsFor | None) -> str:
    """Of a program that is not there, too: nothing is remembered of that. walls: None for none of ours."""
    found = shutil.which(program_of(known, spec), path=environment.get("PATH")) or ""
    place = os.path.realpath(found)
    try:
        file = os.stat(place)
        about: tuple[Any, ...] = (place, file.st_size, file.st_mtime_ns)
    except OSError:
        about = (place,)
    given = sorted((name, value) for name, value in environment.items() if not name.startswith(_OURS))
    around = repr(walls(_NOWHERE, Path())) if walls else spec.sandbox
    started = (spec.vendor, spec.command, spec.model, spec.arguments, given, around)
    return hashlib.sha256(msgspec.json.encode((about, started))).hexdigest()
