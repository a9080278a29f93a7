"""Bytes as they come from a pipe, told apart by line, in bounded memory and in time linear in their number."""

from gastown.adapters.agents.told import LineDropped

MOST = 8 * 1024 * 1024
"""Bytes of one line. The longest that is meant to be read (a tool's whole output, a long run's messages) is well below;
what is beyond is passed over, whatever it was."""


class Lines:
    """Bytes in, lines out, without their ends; empty ones are left out."""

    def __init__(self, most: int = MOST) -> None:
        self._most = most
        self._begun = bytearray()
        self._dropped = 0  # bytes of the line at hand, once it is too long

    def feed(self, chunk: bytes) -> list[bytes | LineDropped]:
        """The lines that end in this chunk."""
        first, *more = chunk.split(b"\n")
        self._add(first)
        if not more:
            return []
        *whole, begun = more
        lines = [*self.rest(), *(self._bounded(line) for line in whole if line)]
        self._add(begun)
        return lines

    def rest(self) -> list[bytes | LineDropped]:
        """What has no end yet, as a line: the last thing somebody says may lack one."""
        begun, dropped = bytes(self._begun), self._dropped
        self._begun, self._dropped = bytearray(), 0
        return [LineDropped(size=dropped)] if dropped else [begun] if begun else []

    def _add(self, part: bytes) -> None:
        size = len(self._begun) + len(part)
        if self._dropped or size > self._most:
            self._dropped += size
            self._begun = bytearray()
        else:
            self._begun += part

    def _bounded(self, line: bytes) -> bytes | LineDropped:
        return line if len(line) <= self._most else LineDropped(size=len(line))
