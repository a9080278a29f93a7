"""The MCP server of one session: every tool call is a call on the town's socket, with the session's token."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import anyio
import anyio.to_thread
from mcp.server.lowlevel import Server
from mcp.server.stdio import stdio_server
from mcp_types import CallToolRequestParams, CallToolResult, ListToolsResult, TextContent
from mcp_types import Tool as Offered

from gastown_cli.asking import town_meant
from gastown_cli.quick_json import dump
from gastown_cli.tools import TOOLS, Tool
from gastown_cli.trouble import CommandFailedError, usage

if TYPE_CHECKING:
    from gastown_cli.verbs import Call

NAME = "gastown"
_ABOUT = "The town you work in: your assignment, its beads, mail, and how to hand in. `prime` says all you must know."


def serve(call: Call) -> int:
    """Until standard input ends. Raises CommandFailedError outside a session, and where there is no town."""
    environment = dict(call.environment)
    if not environment.get("GT_SESSION"):
        raise CommandFailedError("refused", "gt mcp is for a session, and this is none", "gt agents shows who works")
    town_meant(call.town, environment)
    anyio.run(_serve, call.town, environment)
    return 0


async def _serve(named: str, environment: dict[str, str]) -> None:
    async def offered(_: Any, __: Any) -> ListToolsResult:
        return ListToolsResult(tools=[_offered(tool) for tool in TOOLS.values()])

    async def called(_: Any, params: CallToolRequestParams) -> CallToolResult:
        try:
            text = await anyio.to_thread.run_sync(_answer, params.name, params.arguments or {}, named, environment)
        except CommandFailedError as failure:
            return _said(f"{failure.message}\n{failure.hint}".rstrip(), wrong=True)
        return _said(text, wrong=False)

    server = Server(NAME, version=version("gastown"), instructions=_ABOUT, on_list_tools=offered, on_call_tool=called)
    async with stdio_server() as (heard, said):
        await server.run(heard, said, server.create_initialization_options())


def _offered(tool: Tool) -> Offered:
    return Offered(name=tool.name, description=tool.description, input_schema=tool.schema)


def _said(text: str, *, wrong: bool) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=text)], is_error=wrong)


def _answer(name: str, arguments: Mapping[str, Any], named: str, environment: dict[str, str]) -> str:
    """Raises CommandFailedError. Only what a tool takes goes to the town: who speaks is not the caller's to say."""
    tool = TOOLS.get(name)
    if tool is None:
        raise usage(f"there is no tool {name!r}", f"there are: {', '.join(TOOLS)}")
    for unknown in arguments.keys() - tool.takes.keys():
        raise usage(f"{name} takes no {unknown!r}", f"it takes: {', '.join(tool.takes) or 'nothing'}")
    for missing in set(tool.needed) - arguments.keys():
        raise usage(f"{name} needs {missing!r}", f"it takes: {', '.join(tool.takes)}")
    _, data = town_meant(named, environment).call(tool.method, arguments)
    return data[tool.shows] if tool.shows else dump(data)
