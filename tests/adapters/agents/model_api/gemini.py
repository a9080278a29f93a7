"""Gemini: POST /v1beta/models/MODEL:generateContent, and :streamGenerateContent.

The tokens of the prompt include those read from a cache.
"""

from typing import Any

from model_api.answer import Answer, Chunk, as_json
from model_api.asked import Asked, Line, Tool, text_of

ERRORS = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 429: "RESOURCE_EXHAUSTED"}


class Gemini:
    name = "gemini"

    def asked(self, path: str, key: str, body: dict[str, Any]) -> Asked:
        model, _, action = path.rsplit("/", 1)[-1].partition(":")
        system = body.get("systemInstruction") or {}
        lines = [Line("system", text_of(system.get("parts", [])))] if system else []
        for content in body.get("contents", []):
            lines += _lines(content)
        offered = [one for tool in body.get("tools", []) for one in tool.get("functionDeclarations", [])]
        return Asked(
            wire=self.name,
            key=key,
            model=model,
            stream=action == "streamGenerateContent",
            lines=tuple(lines),
            tools=tuple(Tool(one["name"], _schema(one)) for one in offered),
            body=body,
        )

    def stream(self, answer: Answer) -> list[Chunk]:
        parts = [{"text": word} for word in answer.words()] + _calls(answer)
        said = [_said([part], answer) for part in parts]
        return [Chunk("", as_json(one)) for one in [*said, self._last(answer)]]

    def plain(self, answer: Answer) -> dict[str, Any]:
        parts = ([{"text": answer.text}] if answer.text else []) + _calls(answer)
        return self._last(answer) | {"candidates": [_candidate(parts) | {"finishReason": "STOP"}]}

    def error(self, status: int, message: str) -> dict[str, Any]:
        return {"error": {"code": status, "message": message, "status": ERRORS.get(status, "INTERNAL")}}

    def _last(self, answer: Answer) -> dict[str, Any]:
        tokens = answer.tokens
        taken = tokens.fresh + tokens.cache_read + tokens.cache_write
        usage = {
            "promptTokenCount": taken,
            "candidatesTokenCount": tokens.output,
            "cachedContentTokenCount": tokens.cache_read,
            "totalTokenCount": taken + tokens.output,
        }
        return _said([{"text": ""}], answer, finishReason="STOP") | {"usageMetadata": usage}


def _said(parts: list[dict[str, Any]], answer: Answer, **more: str) -> dict[str, Any]:
    head = {"modelVersion": answer.model, "responseId": f"response-{answer.number:08}"}
    return head | {"candidates": [_candidate(parts) | more]}


def _candidate(parts: list[dict[str, Any]]) -> dict[str, Any]:
    return {"content": {"role": "model", "parts": parts}, "index": 0}


def _calls(answer: Answer) -> list[dict[str, Any]]:
    return [{"functionCall": {"name": answer.tool.name, "args": answer.arguments}}] if answer.tool else []


def _schema(function: dict[str, Any]) -> dict[str, Any]:
    """Its own kind of schema writes types in capitals."""
    schema = function.get("parametersJsonSchema") or function.get("parameters") or {}
    takes = {name: dict(one) for name, one in schema.get("properties", {}).items()}
    for one in takes.values():
        one["type"] = str(one.get("type", "string")).lower()
    return schema | {"properties": takes}


def _lines(content: dict[str, Any]) -> list[Line]:
    role = "assistant" if content.get("role") == "model" else "user"
    lines: list[Line] = []
    for part in content.get("parts", []):
        if "text" in part:
            lines.append(Line(role, part["text"]))
        elif "functionCall" in part:
            lines.append(Line("call", as_json(part["functionCall"].get("args"))))
        elif "functionResponse" in part:
            lines.append(Line("result", as_json(part["functionResponse"].get("response"))))
    return lines
