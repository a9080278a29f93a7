"""What the daemon does for the processes it keeps."""

import signal
import sys
from pathlib import Path
from typing import Any

from gastown.adapters.processes import child

Eventually = Any  # tests/conftest.py

WRITER = """
import signal, sys
signal.signal(signal.SIGUSR1, lambda *_: print("later", flush=True))
print("x" * 1000, flush=True)
while True:
    signal.pause()
"""


async def test_a_log_that_is_being_written_is_cut_and_written_on(tmp_path: Path, eventually: Eventually):
    log = tmp_path / "one.log"
    one = child.start((sys.executable, "-I", "-c", WRITER), environment={}, log=log, cwd=tmp_path)
    try:
        await eventually(lambda: log.stat().st_size > 1000)
        child.cap_log(log, 2000)
        assert log.stat().st_size > 1000
        child.cap_log(log, 500)
        assert log.read_text() == ""
        assert log.with_name("one.log.1").read_text() == "x" * 1000 + "\n"
        child.send(one, signal.SIGUSR1)
        await eventually(lambda: log.read_text() == "later\n")
    finally:
        child.end(one, 1.0)


def test_a_log_that_is_not_there_needs_no_cutting(tmp_path: Path):
    child.cap_log(tmp_path / "none.log", 0)
    assert list(tmp_path.iterdir()) == []
