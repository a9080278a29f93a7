"""A town's folder, and processes that do nothing, as a daemon's children."""

import os
import signal
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from gastown import config
from gastown.adapters.processes import child
from gastown.adapters.processes.child import Known
from gastown.clock import new_id
from gastown.config import TownConfig


@pytest.fixture
def town(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TownConfig]:
    """It has a runtime folder of its own, short enough for a socket."""
    with tempfile.TemporaryDirectory(prefix="gt-") as runtime:
        monkeypatch.setenv("XDG_RUNTIME_DIR", runtime)
        yield config.install(tmp_path / "town", "test", new_id())


@pytest.fixture
def sleeper(tmp_path: Path) -> Iterator[Callable[..., Known]]:
    """Starts a process that sleeps, or does as it is told, and is ended at the last."""
    started: list[Known] = []

    def start(code: str = "import time; time.sleep(600)") -> Known:
        command = (sys.executable, "-I", "-c", code)
        started.append(child.start(command, environment=os.environ, log=tmp_path / "sleeper.log", cwd=tmp_path))
        return started[-1]

    yield start
    for known in started:
        child.send(known, signal.SIGKILL)
        child.wait(known, 5.0)


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX) as made:
        yield made
