"""A program that does what it can to outlive its end: `python hostile.py SLEEP SH KIND...`.

Each kind ends as a copy of `sleep` or `sh`, by which a test finds it: under another name, without environment, deaf to
requests, with nothing open.
"""

import os
import signal
import sys

SLEEP, SH = sys.argv[1:3]

HOP = '[ -e "$0.stop" ] || { "$0" -c "$1" "$0" "$1" & }'
"""Forks, ends, and goes on in the child."""
SPREAD = 'while [ ! -e "$0.stop" ]; do "$0" -c "read -r x < /dev/zero" & done'


def disappear() -> None:
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    os.chdir("/")
    os.closerange(0, 64)
    for _ in range(3):
        os.open("/dev/null", os.O_RDWR)


def sleep() -> None:
    os.execve(SLEEP, ["[kworker/0:0]", "600"], {})


def daemon() -> None:
    """Forked twice, session of its own."""
    os.setsid()
    if os.fork() == 0:
        disappear()
        sleep()


def group() -> None:
    """In a group of its own."""
    os.setpgid(0, 0)
    disappear()
    sleep()


def hop() -> None:
    """Never for more than a moment in one process."""
    os.setsid()
    disappear()
    os.execve(SH, [SH, "-c", HOP, SH, HOP], {})


def deep() -> None:
    """Twenty generations, each a daemon of the last, all of which live."""
    for _ in range(20):
        if os.fork():
            break
        os.setsid()
    disappear()
    sleep()


def frozen() -> None:
    """Stops itself."""
    os.setsid()
    disappear()
    if os.fork():
        sleep()
    os.execve(SH, [SH, "-c", 'kill -STOP $$; "$0" 600', SLEEP], {})


KINDS = {one.__name__: one for one in (daemon, group, hop, deep, frozen)}

for kind in sys.argv[3:]:
    if os.fork() == 0:
        KINDS[kind]()
        os._exit(0)
