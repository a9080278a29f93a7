"""Codex asks about a tool of a server as if the server asked something (as seen with codex 0.169.0)."""

import json
from typing import Any

import pytest
from replay import a_start

from gastown.adapters.agents.dialogue import Dialogue
from gastown.adapters.agents.port import Message
from gastown.adapters.agents.said import spoken
from gastown.adapters.agents.told import PermissionAsked
from gastown.adapters.agents.vendors.codex import Codex
from gastown.adapters.permissions.own import is_own_tool


def opened(*, asks: bool) -> Dialogue:
    dialogue = Codex().dialogue(a_start("codex", asks=asks), Message(id="brief", text="do it"))
    dialogue.opening()
    return dialogue


def request(**meta: Any) -> bytes:
    told = {"tool_name": "bead_show", "tool_params": {"bead": "ap-17"}, **meta}
    params = {"serverName": "gastown", "mode": "form", "_meta": told, "requestedSchema": {"type": "object"}}
    return spoken({"id": 3, "method": "mcpServer/elicitation/request", "params": params})


OF_A_TOOL = request(codex_approval_kind="mcp_tool_call")


@pytest.mark.parametrize(
    ("allow", "result"), [(True, {"action": "accept", "content": {}}), (False, {"action": "decline", "content": None})]
)
def test_it_is_asked_about_by_the_name_that_rules_know(allow: bool, result: dict[str, Any]) -> None:
    dialogue = opened(asks=True)
    [asked] = dialogue.heard(OF_A_TOOL).events

    assert isinstance(asked, PermissionAsked)
    assert (asked.tool, json.loads(asked.detail)) == ("mcp__gastown__bead_show", {"bead": "ap-17"})
    assert is_own_tool(asked.tool)
    [line] = dialogue.answer(asked.id, allow=allow).lines
    assert json.loads(line) == {"id": 3, "result": result}


def test_who_is_to_ask_nobody_lets_it_use_the_tool() -> None:
    step = opened(asks=False).heard(OF_A_TOOL)

    assert step.events == ()
    assert json.loads(step.lines[0])["result"]["action"] == "accept"


def test_what_a_server_itself_asks_nobody_answers() -> None:
    step = opened(asks=True).heard(request())

    assert step.events == ()
    assert json.loads(step.lines[0])["error"]["code"] == -32601
