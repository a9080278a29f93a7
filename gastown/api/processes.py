"""Which processes a town consists of now, and what each takes."""

from contextlib import suppress
from typing import Any

import msgspec
import psutil

from gastown.adapters.processes import locks
from gastown.adapters.processes.census import runs
from gastown.adapters.processes.child import Known
from gastown.config import TownConfig
from gastown.not_json import NOT_JSON


def processes_of(town: TownConfig) -> list[dict[str, Any]]:
    """{name, pid, rss}: the daemon and its children that live. rss: bytes."""
    found: dict[str, Known] = {}
    daemon = locks.holder(town.run / "daemon.lock")
    if daemon is not None and daemon.pid:
        found["daemon"] = Known(daemon.pid, daemon.started)
    with suppress(FileNotFoundError, *NOT_JSON):
        found |= msgspec.json.decode((town.run / "children.json").read_bytes(), type=dict[str, Known])
    return [
        {"name": name, "pid": child.pid, "rss": _rss(child.pid)}
        for name, child in found.items()
        if runs(child.pid, child.started)
    ]


def _rss(pid: int) -> int:
    with suppress(psutil.Error):
        return int(psutil.Process(pid).memory_info().rss)
    return 0
