"""What Codex asks whether it may, and how it is answered. Measured with codex 0.169.0. Pure.

A tool of a server is asked about as if the server asked something (`elicitation`); what a server itself asks, nobody is
there to answer.
"""

from gastown.adapters.agents.said import Said
from gastown.adapters.agents.told import PermissionAsked

_TOOLS = {
    "item/commandExecution/requestApproval": "shell",
    "item/fileChange/requestApproval": "edit",
    "item/permissions/requestApproval": "permissions",
}
_OF_A_SERVER = "mcpServer/elicitation/request"


def tool_of(request: Said) -> str:
    """As it is called; that of a server as the model is offered it. "": it asks for something else."""
    if request.text("method") != _OF_A_SERVER:
        return _TOOLS.get(request.text("method"), "")
    params = request.at("params")
    if params.text("_meta", "codex_approval_kind") != "mcp_tool_call":
        return ""
    return f"mcp__{params.text('serverName')}__{params.text('_meta', 'tool_name')}"


def permission_asked(ask: str, request: Said) -> PermissionAsked:
    params, tool = request.at("params"), tool_of(request)
    if request.text("method") == _OF_A_SERVER:
        given = params.at("_meta", "tool_params")
        return PermissionAsked(id=ask, tool=tool, title=tool, detail=given.json())
    title = params.text("command") or params.text("reason") or tool
    return PermissionAsked(id=ask, tool=tool, title=title, detail=params.json())


def decision(request: Said, *, allow: bool) -> dict[str, object]:
    """The answer."""
    word = "accept" if allow else "decline"
    if request.text("method") != _OF_A_SERVER:
        return {"decision": word}
    return {"action": word, "content": {} if allow else None}
