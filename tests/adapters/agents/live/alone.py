"""A network in which there is nothing but this process and what it starts."""

import ctypes
import fcntl
import os
import socket
import struct

CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP_AND_RUNNING = 0x41


def leave_the_network() -> bool:
    """From now on this thread, and what it starts, has a loopback of its own and nothing else. False: not allowed to
    (it takes root), and nothing has changed."""
    if os.geteuid() or ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET):
        return False
    with socket.socket() as probe:
        fcntl.ioctl(probe, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP_AND_RUNNING))
    return True
