"""A bench (`turns_contract.Bench`) with `fake_agent.py` in the place of a vendor's program."""

import os
import signal
import subprocess  # noqa: TID251  a repository to work in
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import anyio
import msgspec
from model_api.script import Step
from once import Once

from gastown.adapters.agents.acp_driver import AcpAgent
from gastown.adapters.agents.acp_program import AcpProgram
from gastown.adapters.agents.one_shot_driver import OneShotAgent
from gastown.adapters.agents.pipe_talks import PipeTalks
from gastown.adapters.agents.port import Agent, Start
from gastown.adapters.agents.stream_driver import StreamAgent
from gastown.adapters.agents.vendors.claude import Claude
from gastown.adapters.agents.vendors.codex import Codex
from gastown.adapters.agents.vendors.pi import Pi
from gastown.adapters.processes.family import marked
from gastown.adapters.processes.program import Containment
from gastown.clock import new_id
from gastown.events.agent import AgentSpec
from gastown.events.turn import Usage

PATH = "/usr/local/bin:/usr/bin:/bin"
FAKE = Path(__file__).parent / "fake_agent.py"
STREAMS = {"claude": Claude, "codex": Codex, "pi": Pi}
ACP = AcpProgram(
    vendor="acp",
    program="acp",
    can=frozenset({"turns", "steer", "cancel", "resume", "permissions", "usage", "cost", "servers"}),
    asking=("--ask",),
    source="fake_acp.py",
)


class FakeBench:
    patience = 20.0
    slow_errors: frozenset[int] = frozenset()
    silence = 2.0

    def __init__(self, vendor: str, folder: Path, containment: Containment, *, patience: float = 10.0) -> None:
        """patience: of the agent, for a message to be taken."""
        self.vendor = vendor
        self.folder = folder
        self.worktree = folder / "worktree"
        self.worktree.mkdir()
        for words in ("init -q", "config user.name A", "config user.email a@b", "commit -q --allow-empty -m first"):
            subprocess.run(["git", *words.split()], cwd=self.worktree, check=True)
        self.plan = folder / "plan"
        self._program = folder / "program"
        self._program.write_text(f'#!/bin/sh\nexec {sys.executable} -S {FAKE} {vendor} {self.plan} "$@"\n')
        self._program.chmod(0o755)
        talks = PipeTalks(containment)
        if vendor == "once":
            self.agent: Agent = OneShotAgent(Once(), talks, patience=patience)
        elif vendor == "acp":
            self.agent = AcpAgent(ACP, talks, patience=patience)
        else:
            self.agent = StreamAgent(STREAMS[vendor](), talks, patience=patience)

    def start(self, brief: str = "do it", **given: Any) -> Start:
        mark = ("GT_MARK", new_id())
        started: dict[str, Any] = {
            "worktree": self.worktree,
            "brief": brief,
            "agent": AgentSpec(name="x", vendor=self.vendor, command=str(self._program)),
            "environment": {"PATH": PATH, "GIT_CONFIG_NOSYSTEM": "1", "HOME": str(self.folder), mark[0]: mark[1]},
            "mark": mark,
            "logs": self.folder / f"logs-{mark[1]}",
            "timeout": 60.0,
        }
        return Start(**{**started, **given})

    def play(self, *steps: Step | dict[str, str]) -> None:
        encoded: Sequence[str] = [msgspec.json.encode(step).decode() for step in steps]
        self.plan.write_text("\n".join(encoded))
        Path(f"{self.plan}.taken").write_text("0")

    def was_told(self, text: str) -> bool:
        return text in Path(f"{self.plan}.told").read_text()

    def has(self, name: str) -> bool:
        return (self.worktree / name).exists()

    def touch(self, name: str) -> None:
        (self.worktree / name).touch()

    async def until_kept(self, text: str) -> None:
        with anyio.fail_after(self.patience):  # a file of another process: nobody tells
            while not any(text in file.read_text() for file in self.folder.glob(f"{self.plan.name}.c*")):  # noqa: ASYNC110
                await anyio.sleep(0.01)

    def kill(self, start: Start) -> None:
        for pid in self.alive(start):
            os.kill(pid, signal.SIGKILL)

    def alive(self, start: Start) -> list[int]:
        return [seen.pid for seen in marked(start.mark).alive()]

    def calls(self, number: int) -> Usage:
        cost = 0.01 * number if "cost" in self.agent.can else None
        return Usage(fresh=900 * number, cache_read=200 * number, output=50 * number, cost=cost)


def evil(how: str) -> dict[str, str]:
    """A step that no model takes: see `fake_evil.py`."""
    return {"type": "evil", "how": how}
