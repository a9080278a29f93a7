"""An ACP agent for tests: plays back the agent's side of recordings, in this order: acp_agent.py FILE ...

It says what was recorded, with the ids of whoever talks to it, and waits where it was told something: for that.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any


class Recording:
    """Iterated: what is said next; None: something is to be heard first, see `hear`."""

    def __init__(self, files: list[Path]) -> None:
        self._entries: list[dict[str, Any]] = []
        for number, file in enumerate(files):
            entries = [json.loads(line) for line in file.read_text().splitlines()]
            self._entries += entries[2 if number else 0 :]  # one process, one initialize
        self._place = 0
        self._ids: dict[Any, Any] = {}

    @property
    def wanted(self) -> dict[str, Any] | None:
        """What is to be heard next; None: nothing, before it has said more."""
        entry = self._entries[self._place] if self._place < len(self._entries) else None
        return entry["msg"] if entry and entry["dir"] == ">" else None

    @property
    def over(self) -> bool:
        return self._place == len(self._entries)

    def says(self) -> Iterator[bytes]:
        """What it says before it hears something."""
        while self._place < len(self._entries) and self.wanted is None:
            told = self._entries[self._place]["msg"]
            if "method" not in told:
                told = {**told, "id": self._ids.pop(told["id"])}
            self._place += 1
            yield json.dumps(told).encode()

    def hear(self, line: bytes) -> None:
        """Raises AssertionError when it is not what was recorded."""
        heard, wanted = json.loads(line), self.wanted
        assert wanted is not None, f"unexpected: {heard}"
        assert heard["jsonrpc"] == "2.0"
        if "method" in wanted:
            assert heard["method"] == wanted["method"], f"{heard} instead of {wanted}"
            if "id" in wanted:
                self._ids[wanted["id"]] = heard["id"]
        else:
            assert heard["id"] == wanted["id"], f"{heard} instead of {wanted}"
            assert heard["result"] == wanted["result"]
        self._place += 1


def say(line: bytes) -> None:
    sys.stdout.buffer.write(line + b"\n")
    sys.stdout.buffer.flush()


def main() -> None:
    recording = Recording([Path(name) for name in sys.argv[1:]])
    for line in recording.says():
        say(line)
    for heard in sys.stdin.buffer:
        recording.hear(heard)
        for line in recording.says():
            say(line)


if __name__ == "__main__":
    main()
