"""An agent that takes turns, over the Agent Client Protocol: in turn N it runs $STORY/<bead>.N.sh, the prompt on its
standard input, and says what that prints. Without such a script it does nothing. What lies in $STORY/<bead>.error is
what its API answers, once, after it has run what that names as "before"; what in $STORY/<bead>.N.tools ([[tool,
arguments], ...]) it asks its MCP server for then.
What lies in $STORY/<bead>.fill, "USED SIZE", is how full its context is, once.

Called with "loads", it goes on with its conversation in another process, unless $STORY/<bead>.forgets is there; N goes
on in either case."""

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


def use_tools(turn: int, servers: list[Any]) -> str:
    file = f"{os.environ['STORY']}/{os.environ['GT_BEAD']}.{turn}.tools"
    if not os.path.exists(file):
        return ""
    (server,) = servers
    with open(file) as told:
        calls = json.load(told)
    about = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "talker", "version": "1"}}
    asked: list[dict[str, Any]] = [{"id": 0, "method": "initialize", "params": about}]
    asked.append({"method": "notifications/initialized"})
    for number, (tool, arguments) in enumerate(calls, 1):
        asked.append({"id": number, "method": "tools/call", "params": {"name": tool, "arguments": arguments}})
    environment = {one["name"]: one["value"] for one in server["env"]}
    command = [server["command"], *server["args"]]
    texts: list[str] = []
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, env=environment, text=True, **pipes) as program:
        assert program.stdin is not None and program.stdout is not None
        for one in asked:  # one after the other: an answer may depend on what was asked before
            program.stdin.write(json.dumps({"jsonrpc": "2.0", **one}) + "\n")
            program.stdin.flush()
            if "id" in one:
                answer = json.loads(program.stdout.readline())["result"]
                texts += [part["text"] for part in answer.get("content", ())]
        program.stdin.close()
    return "\n".join(texts)


def fill() -> None:
    file = f"{os.environ['STORY']}/{os.environ['GT_BEAD']}.fill"
    if os.path.exists(file):
        with open(file) as told:
            used, size = map(int, told.read().split())
        os.rename(file, f"{file}.told")
        update = {"sessionUpdate": "usage_update", "used": used, "size": size}
        say(method="session/update", params={"sessionId": "talk-1", "update": update})


def error() -> Any:
    file = f"{os.environ['STORY']}/{os.environ['GT_BEAD']}.error"
    if not os.path.exists(file):
        return None
    os.rename(file, f"{file}.told")
    with open(f"{file}.told") as told:
        refused = json.load(told)
    subprocess.run(["sh", "-eu", "-c", refused.pop("before", "")], check=True)
    return refused


def update(conversation: str, **fields: Any) -> None:
    say(method="session/update", params={"sessionId": conversation, "update": fields})


class Memory:
    """How many turns its session has had, and which conversation it is in."""

    def __init__(self) -> None:
        self.loads = sys.argv[1:] == ["loads"]
        self.place = f"{os.environ['STORY']}/{os.environ.get('GT_SESSION', '')}.turns"  # none where it is only checked
        self.forgets = os.path.exists(f"{os.environ['STORY']}/{os.environ.get('GT_BEAD', '')}.forgets")
        self.turn = 0
        if self.loads and os.path.exists(self.place):
            with open(self.place) as kept:
                self.turn = int(kept.read())
        self.conversation = f"talk-{self.turn + 1}"

    def next_turn(self) -> int:
        self.turn += 1
        with open(self.place, "w") as kept:
            kept.write(str(self.turn))
        return self.turn


def main() -> None:
    memory, servers = Memory(), list[Any]()
    for line in sys.stdin:
        asked = json.loads(line)
        method, number = asked.get("method"), asked.get("id")
        if method == "initialize":
            say(id=number, result={"protocolVersion": 1, "agentCapabilities": {"loadSession": memory.loads}})
        elif method == "session/new":
            servers = asked["params"]["mcpServers"]
            say(id=number, result={"sessionId": memory.conversation})
        elif method == "session/load" and memory.forgets:
            say(id=number, error={"code": -32002, "message": "Resource not found"})
        elif method == "session/load":
            servers = asked["params"]["mcpServers"]
            memory.conversation = asked["params"]["sessionId"]
            say(id=number, result={})
        elif method == "session/prompt" and (refused := error()):
            say(id=number, error=refused)
        elif method == "session/prompt":
            turn = memory.next_turn()
            fill()
            prompt = "".join(part["text"] for part in asked["params"]["prompt"])
            update(
                memory.conversation,
                sessionUpdate="tool_call",
                toolCallId=f"t{turn}",
                title="sh",
                kind="execute",
                status="in_progress",
            )
            said = work(turn, prompt) + use_tools(turn, servers)
            update(memory.conversation, sessionUpdate="tool_call_update", toolCallId=f"t{turn}", status="completed")
            update(memory.conversation, sessionUpdate="agent_message_chunk", content={"type": "text", "text": said})
            say(id=number, result={"stopReason": "end_turn", "usage": USED})


if __name__ == "__main__":
    main()
