"""OpenAI Responses: POST /v1/responses. Input tokens include those read from a cache."""

from typing import Any

from model_api.answer import Answer, Chunk, as_json
from model_api.asked import Asked, Line, Tool, text_of
from model_api.chat import openai_error


class Responses:
    name = "responses"

    def asked(self, path: str, key: str, body: dict[str, Any]) -> Asked:
        lines = [Line("system", body["instructions"])] if body.get("instructions") else []
        given = body.get("input", [])
        for item in [{"role": "user", "content": given}] if isinstance(given, str) else given:
            lines += _lines(item)
        return Asked(
            wire=self.name,
            key=key,
            model=body.get("model", ""),
            stream=bool(body.get("stream")),
            lines=tuple(lines),
            tools=tuple(_tools(body.get("tools", []), "")),
            body=body,
        )

    def stream(self, answer: Answer) -> list[Chunk]:
        begun = self.plain(answer) | {"status": "in_progress", "output": [], "usage": None}
        events: list[dict[str, Any]] = [{"type": "response.created", "response": begun}]
        for index, item in enumerate(_items(answer)):
            events += _item_events(index, item, answer)
        events.append({"type": "response.completed", "response": self.plain(answer)})
        return [
            Chunk(event["type"], as_json(event | {"sequence_number": number})) for number, event in enumerate(events)
        ]

    def plain(self, answer: Answer) -> dict[str, Any]:
        tokens = answer.tokens
        taken = tokens.fresh + tokens.cache_read + tokens.cache_write
        return {
            "id": f"resp_{answer.number:08}",
            "object": "response",
            "created_at": 1_790_000_000,
            "status": "completed",
            "model": answer.model,
            "output": _items(answer),
            "usage": {
                "input_tokens": taken,
                "input_tokens_details": {"cached_tokens": tokens.cache_read},
                "output_tokens": tokens.output,
                "output_tokens_details": {"reasoning_tokens": 0},
                "total_tokens": taken + tokens.output,
            },
        }

    def error(self, status: int, message: str) -> dict[str, Any]:
        return openai_error(status, message)


def _lines(item: dict[str, Any]) -> list[Line]:
    match item.get("type", "message"):
        case "message":
            role = item.get("role", "user")
            return [Line("system" if role == "developer" else role, text_of(item.get("content", "")))]
        case "function_call":
            return [Line("call", item.get("arguments", ""))]
        case "function_call_output":
            return [Line("result", text_of(item.get("output", "")))]
        case _:
            return []


def _tools(given: list[dict[str, Any]], group: str) -> list[Tool]:
    """Tools may come in groups, called namespaces."""
    tools: list[Tool] = []
    for one in given:
        if one.get("type") == "namespace":
            tools += _tools(one.get("tools", []), one.get("name", ""))
        elif one.get("type") == "function":
            tools.append(Tool(one["name"], one.get("parameters") or {}, group))
    return tools


def _items(answer: Answer) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = []
    if answer.text:
        part = {"type": "output_text", "text": answer.text, "annotations": []}
        message = {"type": "message", "id": f"item_{answer.number:08}_m", "status": "completed", "role": "assistant"}
        items.append(message | {"content": [part]})
    if answer.tool:
        call = {"type": "function_call", "id": f"item_{answer.number:08}_c", "status": "completed"}
        call |= {"call_id": f"call_{answer.number:08}", "name": answer.tool.name}
        call |= {"namespace": answer.tool.group} if answer.tool.group else {}
        items.append(call | {"arguments": as_json(answer.arguments)})
    return items


def _item_events(index: int, item: dict[str, Any], answer: Answer) -> list[dict[str, Any]]:
    at = {"output_index": index, "item_id": item["id"]}
    if item["type"] == "message":
        begun = item | {"status": "in_progress", "content": []}
        deltas = [
            {"type": "response.output_text.delta", "content_index": 0, "delta": word} | at for word in answer.words()
        ]
    else:
        begun = item | {"status": "in_progress", "arguments": ""}
        deltas = [{"type": "response.function_call_arguments.delta", "delta": item["arguments"]} | at]
    return [
        {"type": "response.output_item.added", "output_index": index, "item": begun},
        *deltas,
        {"type": "response.output_item.done", "output_index": index, "item": item},
    ]
