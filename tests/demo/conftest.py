"""`gt demo` as a user starts it: with an empty HOME, no GT_* variables, and a temporary folder of the test's own."""

import os
import signal
import subprocess  # noqa: TID251  tests start the real program
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gastown.adapters.processes.census import environment, pids, start_time


class Demo:
    """Everything it starts and makes is known by `folder`: it is TMPDIR, and in the environment of every process."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.home = folder / "tmp", folder / "home"
        self.folder.mkdir()
        self.home.mkdir()
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GT_")}
        self._environment = {**kept, "HOME": str(self.home), "TMPDIR": str(self.folder)}

    def start(self, *flags: str) -> "subprocess.Popen[str]":
        command = [Path(sys.executable).with_name("gt"), "demo", *flags]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self._environment, cwd=self.folder, stdout=pipe, stderr=pipe, text=True)

    def running(self) -> list[int]:
        """The processes that carry its folder."""
        return [pid for pid in pids() if str(self.folder).encode() in environment(pid) and start_time(pid)]

    def left(self) -> list[str]:
        """What is left in its folder, and in the user's home."""
        return [path.name for folder in (self.folder, self.home) for path in folder.iterdir()]


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    found = Demo(tmp_path)
    yield found
    for pid in found.running():
        os.kill(pid, signal.SIGKILL)
