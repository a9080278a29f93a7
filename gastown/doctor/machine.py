"""Is there room on the disk, and does the clock go right?"""

import shutil
from datetime import UTC, datetime

from gastown.bus.reserving_event_log import RESERVE
from gastown.clock import now
from gastown.config import TownConfig
from gastown.doctor.finding import Finding

ENOUGH = 1 << 30
"""Bytes free below which a person should know; at RESERVE the town stops writing."""
_FIRST = datetime(2025, 1, 1, tzinfo=UTC).timestamp()
"""Nothing of this was written before."""
_BEHIND = 60.0  # seconds


def disk(town: TownConfig) -> Finding:
    free = shutil.disk_usage(town.path).free
    at = f"; below {RESERVE >> 20} MB the town stops writing"
    mend = "" if free >= ENOUGH else f"make room on the disk of {town.path}"
    return Finding(check="disk", ok=free >= ENOUGH, detail=f"{free / 1e9:.1f} GB free{at}", mend=mend)


def clock(town: TownConfig) -> Finding:
    """Against what the town has written itself: files are stamped by the same clock."""
    written = [place.stat().st_mtime for place in (*town.run.iterdir(), *town.logs.iterdir()) if place.is_file()]
    behind = max(written, default=0.0) - now()
    said = datetime.fromtimestamp(now(), UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if now() < _FIRST:
        detail = f"{said} cannot be"
    elif behind > _BEHIND:
        detail = f"{said} is {behind:.0f} s before the town's last word: the clock was set back"
    else:
        return Finding(check="clock", ok=True, detail=said)
    return Finding(check="clock", ok=False, detail=detail, mend="set the clock, and have it kept by NTP")
