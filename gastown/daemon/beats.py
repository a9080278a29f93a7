"""Signs of life: a process counts in a file of its own while its event loop turns, the daemon reads it.

The file lies in the runtime folder, which is not a disk where there is a proper one.
"""

import os
from contextlib import suppress
from pathlib import Path

import anyio
import msgspec

from gastown.adapters.processes.census import start_time
from gastown.adapters.processes.child import Known
from gastown.config import TownConfig
from gastown.errors import RefusedError
from gastown.not_json import NOT_JSON

BEAT = 15.0
"""Seconds between two signs."""


class _Beats(msgspec.Struct, frozen=True):
    pid: int
    started: int
    count: int


async def give_beats(town: TownConfig, name: str) -> None:
    """Until cancelled. Begun when the process is ready: before, it may be at something long."""
    pid, count = os.getpid(), 0
    started = start_time(pid)
    while True:
        count += 1
        _write(town, name, _Beats(pid, started, count))
        await anyio.sleep(BEAT)


def beats_of(town: TownConfig, name: str, known: Known) -> int | None:
    """How many this very process has given; None: none that can be found."""
    try:
        found = msgspec.json.decode(_file(town, name).read_bytes(), type=_Beats)
    except (OSError, RefusedError, *NOT_JSON):
        return None
    return found.count if (found.pid, found.started) == (known.pid, known.started) else None


def _file(town: TownConfig, name: str) -> Path:
    return town.socket_path().with_suffix(f".{name}.beats")


def _write(town: TownConfig, name: str, beats: _Beats) -> None:
    """Without room for it there is no sign at all: an old one that stays would say that the process hangs."""
    with suppress(OSError, RefusedError):
        file = _file(town, name)
        draft = file.with_suffix(".new")
        try:
            draft.write_bytes(msgspec.json.encode(beats))
            draft.replace(file)
        except OSError:
            file.unlink(missing_ok=True)
