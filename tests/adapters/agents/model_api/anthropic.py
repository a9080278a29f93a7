"""Anthropic Messages: POST /v1/messages. Input tokens do not include those read from or written to a cache."""

from typing import Any

from model_api.answer import Answer, Chunk, as_json
from model_api.asked import Asked, Line, Tool, text_of

ERRORS = {
    400: "invalid_request_error",
    401: "authentication_error",
    403: "permission_error",
    404: "not_found_error",
    429: "rate_limit_error",
    529: "overloaded_error",
}


class Anthropic:
    name = "anthropic"

    def asked(self, path: str, key: str, body: dict[str, Any]) -> Asked:
        lines = [Line("system", text_of(body["system"]))] if body.get("system") else []
        for message in body.get("messages", []):
            lines += _lines(message)
        return Asked(
            wire=self.name,
            key=key,
            model=body.get("model", ""),
            stream=bool(body.get("stream")),
            lines=tuple(lines),
            tools=tuple(Tool(t["name"], t.get("input_schema", {})) for t in body.get("tools", []) if "name" in t),
            body=body,
        )

    def stream(self, answer: Answer) -> list[Chunk]:
        begun = self.plain(answer) | {"content": [], "stop_reason": None}
        begun["usage"] = _usage(answer) | {"output_tokens": 1}
        events: list[dict[str, Any]] = [{"type": "message_start", "message": begun}]
        for index, block in enumerate(_blocks(answer)):
            events += _block_events(index, block, answer)
        end = {"stop_reason": _reason(answer), "stop_sequence": None}
        events.append({"type": "message_delta", "delta": end, "usage": {"output_tokens": answer.tokens.output}})
        events.append({"type": "message_stop"})
        return [Chunk(event["type"], as_json(event)) for event in events]

    def plain(self, answer: Answer) -> dict[str, Any]:
        return {
            "id": f"msg_{answer.number:08}",
            "type": "message",
            "role": "assistant",
            "model": answer.model,
            "content": _blocks(answer),
            "stop_reason": _reason(answer),
            "stop_sequence": None,
            "usage": _usage(answer) | {"output_tokens": answer.tokens.output},
        }

    def error(self, status: int, message: str) -> dict[str, Any]:
        return {"type": "error", "error": {"type": ERRORS.get(status, "api_error"), "message": message}}


def _lines(message: dict[str, Any]) -> list[Line]:
    content = message.get("content", "")
    if isinstance(content, str):
        return [Line(message["role"], content)]
    lines: list[Line] = []
    for part in content:
        match part.get("type"):
            case "text":
                lines.append(Line(message["role"], part["text"]))
            case "tool_use":
                lines.append(Line("call", as_json(part.get("input"))))
            case "tool_result":
                lines.append(Line("result", text_of(part.get("content", ""))))
            case _:
                pass
    return lines


def _blocks(answer: Answer) -> list[dict[str, Any]]:
    blocks: list[dict[str, Any]] = [{"type": "text", "text": answer.text}] if answer.text else []
    if answer.tool:
        call_id = f"toolu_{answer.number:08}"
        blocks.append({"type": "tool_use", "id": call_id, "name": answer.tool.name, "input": answer.arguments})
    return blocks


def _block_events(index: int, block: dict[str, Any], answer: Answer) -> list[dict[str, Any]]:
    if block["type"] == "text":
        empty = {"type": "text", "text": ""}
        deltas = [{"type": "text_delta", "text": word} for word in answer.words()]
    else:
        empty = block | {"input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": as_json(block["input"])}]
    return [
        {"type": "content_block_start", "index": index, "content_block": empty},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def _reason(answer: Answer) -> str:
    return "tool_use" if answer.tool else "end_turn"


def _usage(answer: Answer) -> dict[str, int]:
    return {
        "input_tokens": answer.tokens.fresh,
        "cache_read_input_tokens": answer.tokens.cache_read,
        "cache_creation_input_tokens": answer.tokens.cache_write,
    }
