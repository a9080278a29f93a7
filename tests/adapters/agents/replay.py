"""Conversations with real agents, recorded with our own side of them (`recorded/README.md`), played again."""

import json
from pathlib import Path
from typing import Any

from gastown.adapters.agents.dialogue import Dialogue, Ended, Step, StreamVendor
from gastown.adapters.agents.port import Message, Start
from gastown.adapters.agents.told import AgentEvent
from gastown.adapters.agents.vendors.claude import Claude
from gastown.adapters.agents.vendors.codex import Codex
from gastown.adapters.agents.vendors.pi import Pi
from gastown.events.agent import AgentSpec

RECORDED = Path(__file__).parent / "recorded"
VENDORS: dict[str, StreamVendor] = {"claude": Claude(), "codex": Codex(), "pi": Pi()}
MODELS = {"claude": "claude-sonnet-4-5", "codex": "gpt-5-codex", "pi": "fake/fake-model"}


def names(vendor: str) -> list[str]:
    return sorted(file.stem.removeprefix(f"{vendor}-") for file in RECORDED.glob(f"{vendor}-*.jsonl"))


def records(vendor: str, name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (RECORDED / f"{vendor}-{name}.jsonl").read_text().splitlines()]


def a_start(vendor: str, name: str = "", **given: Any) -> Start:
    """As it was when this was recorded."""
    resumed = {"resume": "resume", "fork": "fork"}.get(name)
    resume = next(iter(_resumed(vendor, name)), "") if resumed else ""
    started: dict[str, Any] = {
        "worktree": Path("/w/wt"),
        "brief": "do it",
        "agent": AgentSpec(name="x", vendor=vendor, model=MODELS[vendor]),
        "environment": {},
        "mark": ("GT_MARK", "m"),
        "logs": Path("/w/logs"),
        "timeout": 60.0,
        "resume": "11111111-1111-4111-8111-111111111111" if name == "resume-bad" else resume,
        "fork": name == "fork",
        "asks": name == "permission",
    }
    return Start(**{**started, **given})


def _resumed(vendor: str, name: str) -> list[str]:
    """The conversation it went on with, as it was asked for, else as it called itself."""
    found = [
        record["msg"]["params"]["threadId"]
        for record in records(vendor, name)
        if record.get("dir") == ">" and "threadId" in record["msg"].get("params", {})
    ]
    return found or ["a conversation"]


class Replay:
    """events: what the dialogue tells. said: what it says; wanted: what it said when this was recorded."""

    def __init__(self, vendor: str, name: str, *, errors: str = "", **given: Any) -> None:
        start = a_start(vendor, name, **given)
        self.dialogue: Dialogue = VENDORS[vendor].dialogue(start, Message(id="brief", text=start.brief))
        self.events: list[AgentEvent] = []
        self.said: list[Any] = []
        self.wanted: list[Any] = []
        for record in records(vendor, name):
            if "do" in record:
                self.take(act(self.dialogue, *record["do"]))
            elif record["dir"] == ">":
                self.wanted.append(record["msg"])
            else:
                self.take(self.dialogue.heard(json.dumps(record["msg"]).encode()))
        self.take(self.dialogue.ended(Ended(exit_code=0, signal=None, errors=errors)))

    def take(self, step: Step) -> None:
        self.events += step.events
        self.said += [json.loads(line) for line in step.lines]

    def all(self, *kinds: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kinds)]


def act(dialogue: Dialogue, what: str, *given: Any) -> Step:
    match what:
        case "opening":
            return dialogue.opening()
        case "prompt":
            return dialogue.prompt(Message(id=given[0], text=given[1]))
        case "steer":
            return dialogue.steer(Message(id=given[0], text=given[1]))
        case "answer":
            return dialogue.answer(given[0], allow=given[1])
        case _:
            return dialogue.cancel()
