"""Whether a town's daemon lives, without asking it."""

from __future__ import annotations

import fcntl
import os


def daemon_lives(town: str) -> bool:
    """Somebody holds its lock: the system lets go of that when the holder dies, however it dies."""
    try:
        descriptor = os.open(os.path.join(town, "run", "daemon.lock"), os.O_RDWR)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        return False
    finally:
        os.close(descriptor)
