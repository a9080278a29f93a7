"""A bad line, as a program: carries frames between two interfaces, each so late, some of them never.

What `tc netem` does, where the kernel has none. It carries whatever comes, below TCP and TLS, in order. One argument
each: the interfaces, the seconds that a frame takes, the chance that it is lost, the seed of that chance. Says "ready".
"""

import random  # noqa: TID251  of a seed, which is an argument
import selectors
import socket
import sys
from collections import deque
from collections.abc import Iterator

from gastown.clock import monotonic

_ALL = socket.htons(3)  # ETH_P_ALL
_SOL_PACKET, _VNET_HDR, _IGNORE_OUTGOING, _RCVBUFFORCE = 263, 15, 23, 33
_ROOM = 32 << 20  # bytes that may wait unread: what is lost is to be lost by chance alone
_LONGEST = 1 << 17  # bytes of a frame, with what the kernel says of checksums not made yet


def _end(interface: str) -> socket.socket:
    made = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, _ALL)
    made.setsockopt(_SOL_PACKET, _VNET_HDR, 1)
    made.setsockopt(_SOL_PACKET, _IGNORE_OUTGOING, 1)
    made.setsockopt(socket.SOL_SOCKET, _RCVBUFFORCE, _ROOM)
    made.bind((interface, 0))
    made.setblocking(False)
    return made


def _frames(end: socket.socket) -> Iterator[bytes]:
    """Those that are there."""
    while True:
        try:
            yield end.recv(_LONGEST)
        except BlockingIOError:
            return


def carry(here: socket.socket, there: socket.socket, delay: float, loss: float, chance: random.Random) -> None:
    """Never returns. Both ways take as long, so that whatever came first is due first."""
    other, on_the_way = {here: there, there: here}, deque[tuple[float, socket.socket, bytes]]()
    with selectors.DefaultSelector() as ready:
        for end in other:
            ready.register(end, selectors.EVENT_READ, end)
        while True:
            for key, _ in ready.select(max(0.0, on_the_way[0][0] - monotonic()) if on_the_way else None):
                for frame in _frames(key.data):
                    if chance.random() >= loss:
                        on_the_way.append((monotonic() + delay, other[key.data], frame))
            while on_the_way and on_the_way[0][0] <= monotonic():
                _, end, frame = on_the_way.popleft()
                end.send(frame)


if __name__ == "__main__":
    one, two, late, lost, seed = sys.argv[1:]
    ends = _end(one), _end(two)
    print("ready", flush=True)  # noqa: T201  whoever started it waits for that
    carry(*ends, float(late), float(lost), random.Random(int(seed)))
