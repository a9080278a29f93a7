"""A program that speaks the language of one vendor, does what a plan says, and misbehaves where it says so.

    fake_agent.py claude|codex|pi|once|acp PLAN [what vendors are given]

PLAN is a file with one step a line, as the model API's scripts have them (`model_api/script.py`), and besides
{"type": "evil", "how": ...}. How many were taken is kept in PLAN.taken, what the model was told in PLAN.told.
"""

import json
import queue
import subprocess  # noqa: TID251  a program of its own
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

from fake_acp import Acp
from fake_evil import evil
from fake_wires import PLAN, Claude, Codex, Once, Pi, Wire, known, new_conversation, remember


class CancelledError(Exception):
    """The turn is to end."""


def next_step() -> dict[str, Any]:
    """The last one repeats."""
    taken = Path(f"{PLAN}.taken")
    number = int(taken.read_text()) if taken.exists() else 0
    taken.write_text(str(number + 1))
    steps = [json.loads(line) for line in PLAN.read_text().splitlines()]
    for step in steps:
        times = step.get("times", 1)
        if number < times:
            return step
        number -= times
    return steps[-1]


class Agent:
    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.number = 0
        self.told: list[str] = []
        self.denied = 0
        self.pending: list[dict[str, Any]] = []

    def turn(self, message: dict[str, Any]) -> None:
        self.denied = 0
        self.tell(message)
        self.wire.began()
        try:
            while self.step(next_step()):
                self.listen(0)
        except CancelledError:
            self.wire.over("cancelled")
        self.keep()

    def tell(self, message: dict[str, Any]) -> None:
        with Path(f"{PLAN}.told").open("a") as told:
            told.write(message["text"] + "\n")
        self.told.append(message["text"])
        if not self.wire.late:
            self.keep()
        self.wire.steered(message)

    def keep(self) -> None:
        remember(self.wire.conversation, *self.told)
        self.told.clear()

    def listen(self, seconds: float, want: str = "") -> dict[str, Any] | None:
        """What is said to it within the turn."""
        with suppress(queue.Empty):
            heard = self.wire.heard.get(timeout=seconds) if seconds else self.wire.heard.get_nowait()
            match heard["kind"]:
                case "cancel":
                    raise CancelledError
                case "message":
                    self.pending.append(heard)
                case "end":
                    sys.exit(0)
                case kind if kind == want:
                    return heard
                case _:
                    pass
        return None

    def step(self, step: dict[str, Any]) -> bool:
        """-> whether the turn goes on."""
        match step["type"]:
            case "say":
                self.wire.calls += 1
                self.wire.text(step["text"])
                self.wire.over("done", step["text"], denied=self.denied)
                return False
            case "run":
                self.wire.calls += 1
                self.run(step["command"])
                for message in self.pending:
                    self.tell(message)
                self.pending.clear()
                return True
            case "hang":
                while True:
                    self.listen(1)
            case "fail" | "drop":
                status = step.get("status", 0)
                if status in (400, 401) or step["times"] > 1000:
                    self.wire.retry(status)
                    self.wire.over("failed", f"API Error: {status or 'connection'}", status)
                    return False
                self.wire.retry(status)
                return True
            case _:
                return evil(self.wire, step["how"])

    def run(self, command: str) -> None:
        self.number += 1
        id_ = f"x{self.number}"
        self.wire.tool(id_, command)
        if self.wire.asks:
            self.wire.ask(id_, command)
            answer = None
            while answer is None:
                answer = self.listen(1, "answer")
            if not answer["allow"]:
                self.denied += 1
                self.wire.tool_over(id_, ok=False)
                return
        with subprocess.Popen(["/bin/sh", "-c", command], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as tool:
            try:
                while tool.poll() is None:
                    self.listen(0.02)
            except CancelledError:
                tool.kill()
                self.wire.tool_over(id_, ok=False)
                raise
        self.wire.tool_over(id_, ok=tool.returncode == 0)


def conversation() -> str:
    """Of its arguments. It ends if it is asked to go on with one that there is not."""
    old = next((sys.argv[sys.argv.index(name) + 1] for name in ("--resume", "--session") if name in sys.argv), "")
    old = old.rpartition("/")[2].removesuffix(".jsonl")
    if old and not known(old):
        sys.stderr.write(f"No conversation found: {old}\n")
        sys.exit(1)
    return old if old and "--fork-session" not in sys.argv else new_conversation()


def main() -> None:
    wire = {"claude": Claude, "codex": Codex, "pi": Pi, "once": Once, "acp": Acp}[sys.argv[1]]()
    if sys.argv[1] not in ("codex", "acp"):
        wire.opened(conversation())
    threading.Thread(target=wire.read, daemon=True).start()
    agent = Agent(wire)
    while True:
        heard = agent.pending.pop(0) if agent.pending else wire.heard.get()
        if heard["kind"] == "end":
            return
        if heard["kind"] == "message":
            agent.turn(heard)
        if isinstance(wire, Once):
            return


if __name__ == "__main__":
    main()
