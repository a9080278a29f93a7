"""The Agent Client Protocol as a language of `fake_agent.py`."""

import sys
from typing import Any

from fake_wires import COST, Wire, known, new_conversation, remember


class Acp(Wire):
    def __init__(self) -> None:
        super().__init__()
        self.asks = "--ask" in sys.argv
        self.prompts: list[int] = []
        self.cost = 0.0

    def understand(self, said: dict[str, Any]) -> None:
        params = said.get("params", {})
        match said.get("method"):
            case "initialize":
                self.answer(said["id"], {"protocolVersion": 1, "agentCapabilities": {"loadSession": True}})
            case "session/new":
                self.conversation = new_conversation()
                remember(self.conversation)
                self.answer(said["id"], {"sessionId": self.conversation})
            case "session/load":
                self.load(said["id"], params["sessionId"])
            case "session/prompt":
                self.heard.put({"kind": "message", "text": params["prompt"][0]["text"], "id": said["id"]})
            case "session/cancel":
                self.heard.put({"kind": "cancel"})
            case None if "result" in said:
                self.heard.put({"kind": "answer", "allow": said["result"]["outcome"].get("optionId") == "yes"})
            case _:
                pass

    def load(self, number: int, conversation: str) -> None:
        if not known(conversation):
            self.say({"jsonrpc": "2.0", "id": number, "error": {"code": -32002, "message": "Resource not found"}})
            return
        self.conversation = conversation
        self.text("what was said in its earlier life")
        self.answer(number, {})

    def answer(self, number: int, result: dict[str, Any]) -> None:
        self.say({"jsonrpc": "2.0", "id": number, "result": result})

    def update(self, update: str, /, **told: Any) -> None:
        params = {"sessionId": self.conversation, "update": {"sessionUpdate": update, **told}}
        self.say({"jsonrpc": "2.0", "method": "session/update", "params": params})

    def steered(self, message: dict[str, Any]) -> None:
        self.prompts.append(message["id"])

    def tool(self, id_: str, command: str) -> None:
        self.update("tool_call", toolCallId=id_, title="Terminal", kind="execute", status="pending")
        if not self.asks:
            self.update("tool_call_update", toolCallId=id_, title=command, status="in_progress")

    def tool_over(self, id_: str, *, ok: bool) -> None:
        self.update("tool_call_update", toolCallId=id_, status="completed" if ok else "failed")

    def ask(self, id_: str, command: str) -> None:
        kinds = {"always": "allow_always", "yes": "allow_once", "no": "reject_once"}
        options = [{"optionId": name, "name": name, "kind": kind} for name, kind in kinds.items()]
        tool = {"toolCallId": id_, "title": command, "rawInput": {"command": command}}
        params = {"sessionId": self.conversation, "toolCall": tool, "options": options}
        self.say({"jsonrpc": "2.0", "id": id_, "method": "session/request_permission", "params": params})

    def text(self, text: str) -> None:
        self.update("agent_message_chunk", content={"type": "text", "text": text})

    def over(self, end: str, text: str = "", status: int = 0, denied: int = 0) -> None:
        calls, self.calls = self.calls, 0
        self.cost += COST * calls
        self.update("usage_update", used=1150, size=100_000, cost={"amount": self.cost, "currency": "USD"})
        used = {"inputTokens": 900 * calls, "cachedReadTokens": 200 * calls, "outputTokens": 50 * calls}
        *earlier, last = self.prompts
        self.prompts.clear()
        for number in earlier:
            self.answer(number, {"stopReason": "end_turn"})
        if end == "failed":
            self.say({"jsonrpc": "2.0", "id": last, "error": {"code": -32603, "message": text}})
            return
        stop = "cancelled" if end == "cancelled" else "end_turn"
        self.answer(last, {"stopReason": stop, "usage": {**used, "totalTokens": 1150 * calls}})
