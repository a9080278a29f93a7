"""The languages of `fake_agent.py`: what vendors' programs say and understand, as little of it as is needed."""

import json
import os
import queue
import sys
import time
from pathlib import Path
from typing import Any

PLAN = Path(sys.argv[2] if len(sys.argv) > 2 else ".")
COST = 0.01
"""Of one answer of the model, in USD; each has 900 fresh tokens, 200 from a cache, and 50 of output."""


class Wire:
    """One vendor's language. asks: it asks before it uses a tool. late: it keeps a conversation once a turn is over."""

    asks = False
    late = False
    conversation = ""

    def __init__(self) -> None:
        self.heard: queue.Queue[dict[str, Any]] = queue.Queue()
        self.calls = 0

    def say(self, value: object) -> None:
        put(json.dumps(value).encode() + b"\n")

    def read(self) -> None:
        for line in sys.stdin.buffer:
            self.understand(json.loads(line))
        self.heard.put({"kind": "end"})

    def understand(self, said: dict[str, Any]) -> None:
        raise NotImplementedError

    def opened(self, conversation: str) -> None:
        self.conversation = conversation

    def began(self) -> None: ...
    def steered(self, message: dict[str, Any]) -> None: ...
    def tool(self, id_: str, command: str) -> None: ...
    def tool_over(self, id_: str, *, ok: bool) -> None: ...
    def ask(self, id_: str, command: str) -> None: ...
    def text(self, text: str) -> None: ...
    def over(self, end: str, text: str = "", status: int = 0, denied: int = 0) -> None: ...
    def retry(self, status: int) -> None: ...


class Claude(Wire):
    late = True

    def __init__(self) -> None:
        super().__init__()
        self.asks = "--permission-prompt-tool" in sys.argv
        self.sums = [0, 0.0]
        self.prompt: dict[str, Any] = {}

    def understand(self, said: dict[str, Any]) -> None:
        match said["type"], said.get("request", {}).get("subtype"):
            case "user", _:
                self.heard.put({"kind": "message", "text": said["message"]["content"][0]["text"], "raw": said})
            case "control_request", "interrupt":
                self.heard.put({"kind": "cancel", "id": said["request_id"]})
            case "control_response", _:
                answer = said["response"]["response"]
                self.heard.put({"kind": "answer", "allow": answer["behavior"] == "allow"})
            case _:
                pass

    def began(self) -> None:
        init = {"type": "system", "subtype": "init", "session_id": self.conversation, "model": "fake"}
        self.say({**init, "claude_code_version": "0"})

    def steered(self, message: dict[str, Any]) -> None:
        self.say({**message["raw"], "isReplay": True})

    def tool(self, id_: str, command: str) -> None:
        tool = {"type": "tool_use", "id": id_, "name": "Bash", "input": {"command": command}}
        self.say({"type": "assistant", "message": {"model": "fake", "content": [tool]}})

    def tool_over(self, id_: str, *, ok: bool) -> None:
        result = {"type": "tool_result", "tool_use_id": id_, "content": "", "is_error": not ok}
        self.say({"type": "user", "message": {"content": [result]}})

    def ask(self, id_: str, command: str) -> None:
        request = {"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": command}}
        self.say({"type": "control_request", "request_id": id_, "request": request})

    def text(self, text: str) -> None:
        self.say({"type": "assistant", "message": {"model": "fake", "content": [{"type": "text", "text": text}]}})

    def retry(self, status: int) -> None:
        self.say({"type": "system", "subtype": "api_retry", "retry_delay_ms": 10, "error_status": status or None})

    def over(self, end: str, text: str = "", status: int = 0, denied: int = 0) -> None:
        calls, self.calls = self.calls, 0
        self.sums = [self.sums[0] + calls, self.sums[1] + COST * calls]
        used = {"input_tokens": 900 * calls, "cache_read_input_tokens": 200 * calls, "output_tokens": 50 * calls}
        total = self.sums[0]
        model = {"inputTokens": 900 * total, "cacheReadInputTokens": 200 * total, "outputTokens": 50 * total}
        result = {"type": "result", "subtype": "success", "is_error": end != "done", "result": text, "usage": used}
        result |= {"modelUsage": {"fake": model} if total else {}, "total_cost_usd": self.sums[1]}
        result |= {"api_error_status": status or None, "permission_denials": [{"tool_name": "Bash"}] * denied}
        self.say(result | ({"terminal_reason": "aborted_tools"} if end == "cancelled" else {}))


class Codex(Wire):
    def __init__(self) -> None:
        super().__init__()
        self.total = 0
        self.turn = 0

    def understand(self, said: dict[str, Any]) -> None:
        params = said.get("params", {})
        match said.get("method"):
            case "initialize":
                self.say({"id": said["id"], "result": {}})
            case "thread/start" | "thread/resume" | "thread/fork":
                self.asks = params["approvalPolicy"] != "never"
                old = params.get("threadId")
                new = old if said["method"] == "thread/resume" else new_conversation()
                if old and not known(old):
                    self.say({"id": said["id"], "error": {"code": -1, "message": f"no rollout found for {old}"}})
                    return
                remember(new)
                self.conversation = new
                self.say({"id": said["id"], "result": {"thread": {"id": new, "cliVersion": "0"}, "model": "fake"}})
            case "turn/start":
                self.heard.put({"kind": "message", "text": params["input"][0]["text"], "id": said["id"]})
            case "turn/steer":
                self.say({"id": said["id"], "result": {"turnId": params["expectedTurnId"]}})
                self.heard.put({"kind": "message", "text": params["input"][0]["text"]})
            case "turn/interrupt":
                self.say({"id": said["id"], "result": {}})
                self.heard.put({"kind": "cancel"})
            case None if "result" in said:
                self.heard.put({"kind": "answer", "allow": said["result"].get("decision") == "accept"})
            case _:
                pass

    def note(self, method: str, **params: Any) -> None:
        self.say({"method": method, "params": {"threadId": self.conversation, "turnId": f"t{self.turn}", **params}})

    def began(self) -> None:
        self.turn += 1
        self.say({"id": self.message["id"], "result": {"turn": {"id": f"t{self.turn}"}}})

    def steered(self, message: dict[str, Any]) -> None:
        if "id" in message:
            self.message = message

    def tool(self, id_: str, command: str) -> None:
        item = {"type": "commandExecution", "id": id_, "command": command, "status": "inProgress"}
        self.note("item/started", item=item)

    def tool_over(self, id_: str, *, ok: bool) -> None:
        item = {
            "type": "commandExecution",
            "id": id_,
            "status": "completed" if ok else "failed",
            "exitCode": 0 if ok else 1,
        }
        self.note("item/completed", item=item)

    def ask(self, id_: str, command: str) -> None:
        method = "item/commandExecution/requestApproval"
        self.say({"id": int(id_.removeprefix("x")), "method": method, "params": {"command": command}})

    def text(self, text: str) -> None:
        self.note("item/agentMessage/delta", itemId="m", delta=text)
        self.note("item/completed", item={"type": "agentMessage", "id": "m", "text": text})

    def retry(self, status: int) -> None:
        words = f"unexpected status {status}" if status else "stream disconnected"
        self.note("error", error={"message": words}, willRetry=True)

    def over(self, end: str, text: str = "", status: int = 0, denied: int = 0) -> None:
        for _ in range(self.calls):
            self.total += 1
            last, total = (
                {"inputTokens": 1100 * n, "cachedInputTokens": 200 * n, "outputTokens": 50 * n} for n in (1, self.total)
            )
            self.note("thread/tokenUsage/updated", tokenUsage={"last": last | {"totalTokens": 1150}, "total": total})
        self.calls = 0
        name = {"done": "completed", "cancelled": "interrupted"}.get(end, "failed")
        words = f"unexpected status {status}" if status else "stream disconnected"
        error = {"message": words, "codexErrorInfo": "other"} if name == "failed" else None
        self.note("turn/completed", turn={"id": f"t{self.turn}", "status": name, "error": error})


class Pi(Wire):
    def understand(self, said: dict[str, Any]) -> None:
        match said["type"]:
            case "prompt" | "steer":
                self.say({"type": "response", "id": said["id"], "success": True})
                self.heard.put({"kind": "message", "text": said["message"]})
            case "abort":
                self.heard.put({"kind": "cancel"})
            case _:
                self.say(
                    {"type": "response", "id": said["id"], "success": True, "data": {"sessionId": self.conversation}}
                )

    def began(self) -> None:
        self.say({"type": "agent_start"})

    def tool(self, id_: str, command: str) -> None:
        self.say({"type": "tool_execution_start", "toolCallId": id_, "toolName": "bash", "args": {"command": command}})

    def tool_over(self, id_: str, *, ok: bool) -> None:
        self.say({"type": "tool_execution_end", "toolCallId": id_, "isError": not ok})

    def text(self, text: str) -> None:
        self.say({"type": "message_update", "assistantMessageEvent": {"type": "text_delta", "delta": text}})
        self.last = text

    def retry(self, status: int) -> None:
        self.say(
            {
                "type": "auto_retry_start",
                "delayMs": 10,
                "errorMessage": f"{status} no" if status else "Connection error.",
            }
        )

    def over(self, end: str, text: str = "", status: int = 0, denied: int = 0) -> None:
        reason = {"done": "stop", "cancelled": "aborted"}.get(end, "error")
        usage = {"input": 900 * self.calls, "cacheRead": 200 * self.calls, "output": 50 * self.calls}
        usage["cost"] = {"total": COST * self.calls}
        self.calls = 0
        words = f"{status} no" if status else "Connection error."
        message = {
            "stopReason": reason,
            "errorMessage": words,
            "usage": usage,
            "content": [{"type": "text", "text": text}],
        }
        self.say({"type": "turn_end", "message": message})
        self.say({"type": "agent_end"})


class Once(Wire):
    """One prompt, given as the last argument; lines of its own."""

    def opened(self, conversation: str) -> None:
        super().opened(conversation)
        self.say({"conversation": conversation})

    def read(self) -> None:
        self.heard.put({"kind": "message", "text": sys.argv[-1]})

    def tool(self, id_: str, command: str) -> None:
        self.say({"tool": id_, "title": command})

    def tool_over(self, id_: str, *, ok: bool) -> None:
        self.say({"tool_over": id_, "ok": ok})

    def text(self, text: str) -> None:
        self.say({"text": text})

    def over(self, end: str, text: str = "", status: int = 0, denied: int = 0) -> None:
        self.say({"end": end, "text": text, "status": status, "calls": self.calls})


def put(data: bytes) -> None:
    while data:
        data = data[os.write(1, data) :]


def new_conversation() -> str:
    return f"c{os.getpid()}-{time.monotonic_ns()}"


def known(conversation: str) -> bool:
    return Path(f"{PLAN}.{conversation}").exists()


def remember(conversation: str, *texts: str) -> None:
    with Path(f"{PLAN}.{conversation}").open("a") as kept:
        kept.writelines(f"{text}\n" for text in texts)
