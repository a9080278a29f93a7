"""An agent that speaks as Claude Code does. In turn N it runs $STORY/<bead>.N.sh, the prompt on its standard input;
then its context is compacted, and it takes one message more within the turn, which it puts into <bead>.told.N."""

import json
import os
import subprocess  # noqa: TID251  it is a program of its own
import sys
from typing import Any

BASE = f"{os.environ['STORY']}/{os.environ.get('GT_BEAD', '')}"


def say(**message: Any) -> None:
    sys.stdout.write(json.dumps({"session_id": "c-1", **message}) + "\n")
    sys.stdout.flush()


def hear() -> str | None:
    """What it is told, said back as taken. None: nothing any more."""
    for line in sys.stdin:
        told = json.loads(line)
        if told["type"] == "control_request":  # it is only looked at, before its first session
            answer = {"subtype": "success", "request_id": told["request_id"], "response": {"account": {"email": "a@b"}}}
            say(type="control_response", response=answer)
        if told["type"] == "user":
            say(**told, isReplay=True)
            return str(told["message"]["content"][0]["text"])
    return None


def main() -> None:
    turn = 0
    while (prompt := hear()) is not None:
        turn += 1
        say(type="system", subtype="init", model="small", claude_code_version="0")
        script = f"{BASE}.{turn}.sh"
        if os.path.exists(script):
            subprocess.run(["sh", "-eu", script], input=prompt, text=True, check=True)
        metadata = {"trigger": "auto", "pre_tokens": 170_000}
        say(type="system", subtype="compact_boundary", compact_metadata=metadata)
        with open(f"{BASE}.told.{turn}", "w") as told:
            told.write(hear() or "")
        say(type="result", subtype="success", is_error=False, result="Done.", usage={"input_tokens": 10})


if __name__ == "__main__":
    main()
