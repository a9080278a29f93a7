"""What a process takes."""

import os
from contextlib import suppress
from pathlib import Path

import psutil

from gastown.adapters.processes.census import HAS_PROC


def cpu_seconds(pid: int) -> float:
    """CPU time of the process so far, its children not counted.

    To the nanosecond where the kernel keeps it so: a hundredth of a second, psutil's grain, is a tenth of what an idle
    town may take in ten.
    """
    if HAS_PROC and Path(f"/proc/{pid}/schedstat").exists():
        return _from_scheduler(pid)
    times = psutil.Process(pid).cpu_times()
    return times.user + times.system


def _from_scheduler(pid: int) -> float:
    nanoseconds = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with suppress(FileNotFoundError):  # it has ended
            nanoseconds += int(Path(f"/proc/{pid}/task/{thread}/schedstat").read_text().split()[0])
    return nanoseconds / 1e9


def resident_megabytes(pid: int) -> float:
    return int(psutil.Process(pid).memory_info().rss) / 1_000_000
