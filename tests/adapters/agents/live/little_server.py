"""An MCP server with one tool, as small as it can be: what the vendors' programs are to use. Lines of JSON-RPC."""

import json
import os
import sys


def command() -> tuple[str, ...]:
    return (sys.executable, __file__)


TOOL = {
    "name": "hook",
    "description": "What is on your hook",
    "inputSchema": {"type": "object", "properties": {"question": {"type": "string"}}, "required": ["question"]},
}


def answer(method: str, params: dict[str, object]) -> dict[str, object] | None:
    if method == "initialize":
        about = {"name": "town", "version": "1"}
        version = params.get("protocolVersion", "2025-06-18")
        return {"protocolVersion": version, "capabilities": {"tools": {}}, "serverInfo": about}
    if method == "tools/list":
        return {"tools": [TOOL]}
    if method == "tools/call":
        given = params.get("arguments") or {}
        assert isinstance(given, dict)
        text = f"on the hook: {os.environ.get('HOOKED')}, asked: {given.get('question')}"
        return {"content": [{"type": "text", "text": text}]}
    return {} if method == "ping" else None


def main() -> None:
    for line in sys.stdin:
        said = json.loads(line)
        if "id" not in said:
            continue
        result = answer(said.get("method", ""), said.get("params") or {})
        outcome = {"error": {"code": -32601, "message": "no such method"}} if result is None else {"result": result}
        print(json.dumps({"jsonrpc": "2.0", "id": said["id"]} | outcome), flush=True)  # noqa: T201  it is how it speaks


if __name__ == "__main__":
    main()
