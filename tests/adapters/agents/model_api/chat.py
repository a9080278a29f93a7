"""OpenAI Chat Completions: POST /v1/chat/completions. Prompt tokens include those read from a cache."""

from typing import Any

from model_api.answer import Answer, Chunk, as_json
from model_api.asked import Asked, Line, Role, Tool, text_of

ROLES: dict[str, Role] = {"developer": "system", "system": "system", "assistant": "assistant", "tool": "result"}
ERRORS = {400: "invalid_request_error", 401: "invalid_api_key", 429: "rate_limit_exceeded"}


class Chat:
    name = "chat"

    def asked(self, path: str, key: str, body: dict[str, Any]) -> Asked:
        lines: list[Line] = []
        for message in body.get("messages", []):
            if text := text_of(message.get("content") or ""):
                lines.append(Line(ROLES.get(message.get("role"), "user"), text))
            lines += [Line("call", call["function"]["arguments"]) for call in message.get("tool_calls") or []]
        functions = [tool["function"] for tool in body.get("tools") or [] if tool.get("type") == "function"]
        return Asked(
            wire=self.name,
            key=key,
            model=body.get("model", ""),
            stream=bool(body.get("stream")),
            lines=tuple(lines),
            tools=tuple(Tool(one["name"], one.get("parameters") or {}) for one in functions),
            body=body,
        )

    def stream(self, answer: Answer) -> list[Chunk]:
        deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
        deltas += [{"content": word} for word in answer.words()]
        deltas += [{"tool_calls": [{"index": 0} | call]} for call in _calls(answer)]
        chunks = [{"index": 0, "delta": delta, "finish_reason": None} for delta in deltas]
        chunks.append({"index": 0, "delta": {}, "finish_reason": _reason(answer)})
        head = _head(answer, "chat.completion.chunk")
        said = [head | {"choices": [chunk]} for chunk in chunks]
        said.append(head | {"choices": [], "usage": _usage(answer)})
        return [*(Chunk("", as_json(one)) for one in said), Chunk("", "[DONE]")]

    def plain(self, answer: Answer) -> dict[str, Any]:
        message: dict[str, Any] = {"role": "assistant", "content": answer.text or None}
        if calls := _calls(answer):
            message["tool_calls"] = calls
        choice = {"index": 0, "message": message, "finish_reason": _reason(answer)}
        return _head(answer, "chat.completion") | {"choices": [choice], "usage": _usage(answer)}

    def error(self, status: int, message: str) -> dict[str, Any]:
        return openai_error(status, message)


def openai_error(status: int, message: str) -> dict[str, Any]:
    kind = ERRORS.get(status, "server_error")
    return {"error": {"message": message, "type": kind, "param": None, "code": kind}}


def _head(answer: Answer, kind: str) -> dict[str, Any]:
    return {"id": f"chatcmpl-{answer.number:08}", "object": kind, "created": 1_790_000_000, "model": answer.model}


def _calls(answer: Answer) -> list[dict[str, Any]]:
    if answer.tool is None:
        return []
    function = {"name": answer.tool.name, "arguments": as_json(answer.arguments)}
    return [{"id": f"call_{answer.number:08}", "type": "function", "function": function}]


def _reason(answer: Answer) -> str:
    return "tool_calls" if answer.tool else "stop"


def _usage(answer: Answer) -> dict[str, Any]:
    tokens = answer.tokens
    taken = tokens.fresh + tokens.cache_read + tokens.cache_write
    return {
        "prompt_tokens": taken,
        "completion_tokens": tokens.output,
        "total_tokens": taken + tokens.output,
        "prompt_tokens_details": {"cached_tokens": tokens.cache_read},
    }
