"""An agent that asks before it runs anything, over the Agent Client Protocol: each line of $STORY/<bead>.<turn>.asks is
a command that it asks leave for, and runs once it has it. Without such a file it does nothing."""

import json
import os
import subprocess  # noqa: TID251  it is a program of its own
import sys
from collections.abc import Iterator
from typing import Any

OPTIONS = [
    {"optionId": "yes", "name": "Allow", "kind": "allow_once"},
    {"optionId": "no", "name": "Reject", "kind": "reject_once"},
]


def say(**message: Any) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def lines() -> Iterator[dict[str, Any]]:
    for line in sys.stdin:
        yield json.loads(line)


HEARD = lines()


def asked(number: int, command: str) -> bool:
    """Whether it may."""
    tool = {"toolCallId": f"c{number}", "kind": "execute", "title": command, "rawInput": {"command": command}}
    params = {"sessionId": "ask-1", "options": OPTIONS, "toolCall": tool}
    say(id=f"ask-{number}", method="session/request_permission", params=params)
    for heard in HEARD:
        if heard.get("id") == f"ask-{number}":
            return heard["result"]["outcome"].get("optionId") == "yes"
    sys.exit(0)


def work(turn: int) -> str:
    file = f"{os.environ['STORY']}/{os.environ['GT_BEAD']}.{turn}.asks"
    if not os.path.exists(file):
        return "There is nothing to be done."
    said: list[str] = []
    with open(file) as commands:
        for number, command in enumerate(commands.read().splitlines()):
            if asked(number, command):
                subprocess.run(["sh", "-eu", "-c", command], check=True, capture_output=True)
            else:
                said.append(f"I was not let {command}.")
    return "\n".join(said)


def main() -> None:
    turn = 0
    for heard in HEARD:
        method, number = heard.get("method"), heard.get("id")
        if method == "initialize":
            say(id=number, result={"protocolVersion": 1, "agentCapabilities": {}})
        elif method == "session/new":
            say(id=number, result={"sessionId": "ask-1"})
        elif method == "session/prompt":
            turn += 1
            piece = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": work(turn)}}
            say(method="session/update", params={"sessionId": "ask-1", "update": piece})
            say(id=number, result={"stopReason": "end_turn", "usage": {}})


if __name__ == "__main__":
    main()
