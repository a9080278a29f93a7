"""Cuts what the server sends into frames, and hands messages of busy subjects straight to their receivers.

nats-py matches each line against up to seven regular expressions and copies each payload twice; reading a log that way
takes twice as long as folding it. Whatever is not such a message goes to nats-py's own parser, one whole frame a time.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from gastown.bus.nats_library import Parser, errors

Receive: TypeAlias = Callable[[bytes, bytes, bytes, bytes | None], None]
"""Called with subject, reply subject, payload, raw headers: on arrival, in order. Must be quick and must not raise."""

LONGEST_LINE = 1024 * 1024  # bytes; INFO of a large cluster takes some 10 kB


class DirectParser(Parser):
    """`receivers`: by subscription number, as it stands in the protocol."""

    def __init__(self, client: Any) -> None:
        self.receivers: dict[bytes, Receive] = {}
        self._resets = 0
        super().__init__(client)  # pyright: ignore[reportUnknownMemberType]  untyped in nats-py

    def reset(self) -> None:
        super().reset()
        self._resets += 1
        self._parts: list[bytes] = []  # of a frame that is not complete yet
        self._missing = 0  # how many bytes it lacks at least

    async def parse(self, data: bytes = b"") -> None:
        if self._parts:
            self._parts.append(data)
            self._missing -= len(data)
            if self._missing > 0:
                return
            data = b"".join(self._parts)
            self._parts = []
        at, end, resets = 0, len(data), self._resets
        while at < end:
            at, frame_end = self._deliver(data, at)
            if frame_end > end:
                self._parts, self._missing = [data[at:]], frame_end - end
                return
            await super().parse(data[at:frame_end])
            if self._resets != resets:
                return  # the connection is being made anew: what is left belongs to the old one
            at = frame_end

    def _deliver(self, data: bytes, at: int) -> tuple[int, int]:
        """Hand over the complete messages that have a receiver. Returns where the next frame begins and ends.

        The end lies behind the data when the frame is not complete, and is then a lower bound.
        """
        size, receivers, find = len(data), self.receivers, data.find
        while True:
            line_end = find(b"\r\n", at)
            if line_end < 0:
                if size - at > LONGEST_LINE:
                    raise errors.ProtocolError
                return at, size + 1
            words = data[at:line_end].split()
            if not words or words[0] not in (b"MSG", b"HMSG"):
                return at, line_end + 2
            start = line_end + 2
            end = start + int(words[-1])
            receive = receivers.get(words[2])
            if receive is None or end + 2 > size:
                return at, end + 2
            if words[0] == b"MSG":
                receive(words[1], words[3] if len(words) == 5 else b"", data[start:end], None)
            else:
                body = start + int(words[-2])
                receive(words[1], words[3] if len(words) == 6 else b"", data[body:end], data[start:body])
            at = end + 2
