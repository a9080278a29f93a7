"""An agent that takes turns, over the Agent Client Protocol: in turn N it runs $STORY/<bead>.N.sh, the prompt on its
standard input, and says what that prints. Without such a script it does nothing. What lies in $STORY/<bead>.error is
what its API answers, once."""

import json
import os
import subprocess  # noqa: TID251  it is a program of its own
import sys
from typing import Any

USED = {"inputTokens": 1100, "cachedReadTokens": 200, "outputTokens": 50, "totalTokens": 1150}


def say(**message: Any) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def work(turn: int, prompt: str) -> str:
    script = f"{os.environ['STORY']}/{os.environ['GT_BEAD']}.{turn}.sh"
    if not os.path.exists(script):
        return "There is nothing to be done.\n"
    return subprocess.run(["sh", "-eu", script], input=prompt, capture_output=True, text=True, check=True).stdout


def error() -> Any:
    file = f"{os.environ['STORY']}/{os.environ['GT_BEAD']}.error"
    if not os.path.exists(file):
        return None
    os.rename(file, f"{file}.told")
    with open(f"{file}.told") as told:
        return json.load(told)


def main() -> None:
    turn = 0
    for line in sys.stdin:
        asked = json.loads(line)
        method, number = asked.get("method"), asked.get("id")
        if method == "initialize":
            say(id=number, result={"protocolVersion": 1, "agentCapabilities": {}})
        elif method == "session/new":
            say(id=number, result={"sessionId": "talk-1"})
        elif method == "session/prompt" and (refused := error()):
            say(id=number, error=refused)
        elif method == "session/prompt":
            turn += 1
            prompt = "".join(part["text"] for part in asked["params"]["prompt"])
            piece = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": work(turn, prompt)}}
            say(method="session/update", params={"sessionId": "talk-1", "update": piece})
            say(id=number, result={"stopReason": "end_turn", "usage": USED})


if __name__ == "__main__":
    main()
