"""How Claude Code, Codex and pi are called: every trap that was measured with the real programs."""

import json
from pathlib import Path
from typing import Any

import pytest
from replay import VENDORS, a_start

from gastown.adapters.agents.dialogue import Dialogue, Ended
from gastown.adapters.agents.port import CannotError, Message, Server, able
from gastown.adapters.agents.said import spoken
from gastown.adapters.agents.told import AgentEvent, ContextCompacted, MessageTaken, PermissionAsked, TurnEnded
from gastown.adapters.agents.vendors.claude import Claude
from gastown.adapters.agents.vendors.codex import Codex
from gastown.adapters.agents.vendors.pi import Pi
from gastown.adapters.processes.program import Walls
from gastown.events.agent import AgentSpec
from gastown.events.turn import Usage

SERVER = Server(name="gt", command=("gt", "mcp"), environment={"GT_TOKEN": "secret"})


def opened(vendor: str, **given: Any) -> tuple[Dialogue, list[Any]]:
    start = a_start(vendor, **given)
    dialogue = VENDORS[vendor].dialogue(start, Message(id="brief", text="do it"))
    return dialogue, [json.loads(line) for line in dialogue.opening().lines]


def heard(dialogue: Dialogue, *said: Any) -> list[AgentEvent]:
    return [event for one in said for event in dialogue.heard(spoken(one)).events]


def codex_thread(dialogue: Dialogue) -> Any:
    """What it is asked for once it has answered `initialize`."""
    [_, asked] = [json.loads(line) for line in dialogue.heard(spoken({"id": 1, "result": {}})).lines]
    return asked


def test_claude_as_root_says_that_it_is_in_a_sandbox() -> None:
    """It refuses to run with all permissions as root otherwise."""
    assert Claude(root=True).call(a_start("claude")).environment["IS_SANDBOX"] == "1"
    assert "IS_SANDBOX" not in Claude(root=False).call(a_start("claude")).environment
    assert "IS_SANDBOX" not in Claude(root=True).call(a_start("claude", asks=True)).environment


def test_claude_does_not_try_for_minutes_unless_that_is_wanted() -> None:
    """With a key that is not taken it tries ten times, for more than two minutes."""
    wanted = a_start("claude", environment={"CLAUDE_CODE_MAX_RETRIES": "10"})

    assert Claude().call(a_start("claude")).environment["CLAUDE_CODE_MAX_RETRIES"] == "4"
    assert "CLAUDE_CODE_MAX_RETRIES" not in Claude().call(wanted).environment


def test_claude_is_given_all_that_a_start_holds() -> None:
    spec = AgentSpec(name="x", vendor="claude", command="/opt/claude", model="opus", arguments=("--extra",))
    start = a_start("claude", agent=spec, instructions="Be kind.", resume="c1", fork=True, asks=True, servers=(SERVER,))
    call = Claude().call(start)
    argv = " ".join(call.argv)

    assert call.argv[0] == "/opt/claude"
    assert call.argv[-1] == "--extra"
    for words in (
        "--model opus",
        "--append-system-prompt Be kind.",
        "--resume c1",
        "--fork-session",
        "--permission-prompt-tool stdio",
        "--mcp-config /w/logs/mcp.json --strict-mcp-config",
        "--replay-user-messages",
    ):
        assert words in argv
    assert "--dangerously-skip-permissions" not in argv
    assert "secret" not in argv  # arguments can be read by everybody
    assert json.loads(call.files[Path("mcp.json")])["mcpServers"]["gt"] == {
        "command": "gt",
        "args": ["mcp"],
        "env": {"GT_TOKEN": "secret"},
        "alwaysLoad": True,
    }


@pytest.mark.parametrize("vendor", [Claude(), Pi()])
def test_instructions_that_no_argument_can_hold_are_refused(vendor: Any) -> None:
    with pytest.raises(CannotError, match="instructions"):
        vendor.call(a_start(vendor.vendor, instructions="x" * 130_000))


def test_claude_lies_about_success() -> None:
    dialogue, _ = opened("claude")
    result = {"type": "result", "subtype": "success", "is_error": True, "api_error_status": 529, "result": "Overloaded"}
    [turn] = heard(dialogue, result)

    assert isinstance(turn, TurnEnded)
    assert (turn.end, turn.failure.kind if turn.failure else "") == ("failed", "server")


def test_claude_is_told_who_is_there_to_be_asked() -> None:
    """Nobody: its own question to a person would wait for ever."""
    dialogue, _ = opened("claude", asks=True)
    request = {"subtype": "can_use_tool", "tool_name": "AskUserQuestion", "input": {}}
    step = dialogue.heard(spoken({"type": "control_request", "request_id": "r", "request": request}))

    assert step.events == ()
    assert json.loads(step.lines[0])["response"]["response"]["behavior"] == "deny"


def test_claude_asks_for_what_we_do_not_have_and_is_answered() -> None:
    dialogue, _ = opened("claude")
    step = dialogue.heard(b'{"type":"control_request","request_id":"r","request":{"subtype":"mcp_message"}}')

    assert json.loads(step.lines[0])["response"]["subtype"] == "error"


def test_claude_takes_back_a_question() -> None:
    dialogue, _ = opened("claude", asks=True)
    request = {"subtype": "can_use_tool", "tool_name": "Bash", "input": {"command": "x"}}
    [asked] = heard(dialogue, {"type": "control_request", "request_id": "r", "request": request})
    heard(dialogue, {"type": "control_cancel_request", "request_id": "r"})

    assert isinstance(asked, PermissionAsked)
    assert dialogue.answer("r", allow=True).lines == ()


def test_claude_answers_a_message_that_came_too_late_with_one_more_result() -> None:
    dialogue, _ = opened("claude")
    dialogue.steer(Message(id="m1", text="late"))
    result = {"type": "result", "is_error": False, "result": "first", "usage": {"input_tokens": 5}}
    replay = {"type": "user", "isReplay": True, "message": {"content": [{"type": "text", "text": "late"}]}}
    events = heard(dialogue, result, replay, {**result, "result": "second"})

    assert events == [
        MessageTaken(id="brief"),
        MessageTaken(id="m1"),
        TurnEnded(end="done", text="second", usage=Usage(fresh=10)),
    ]


def test_claude_resumed_may_count_from_what_it_was() -> None:
    dialogue, _ = opened("claude", resume="c1")
    result = {
        "type": "result",
        "is_error": False,
        "usage": {"input_tokens": 5, "output_tokens": 1},
        "modelUsage": {"m": {"inputTokens": 105, "outputTokens": 21}},
        "total_cost_usd": 2.5,
    }
    *_, turn = heard(dialogue, result)

    assert isinstance(turn, TurnEnded)
    assert turn.usage == Usage(fresh=5, output=1)


def test_claude_counts_what_it_uses_beside_the_conversation() -> None:
    dialogue, _ = opened("claude")
    models = {"big": {"inputTokens": 5, "cacheCreationInputTokens": 7}, "small": {"inputTokens": 50}}
    result = {"type": "result", "usage": {"input_tokens": 5}, "modelUsage": models, "total_cost_usd": 0.25}
    *_, turn = heard(dialogue, result)

    assert isinstance(turn, TurnEnded)
    assert turn.usage == Usage(fresh=55, cache_write=7, cost=0.25)


def test_codex_holds_itself_where_it_knows_what_it_has_to_write() -> None:
    """Its own sandbox makes `.git` read-only otherwise, and a turn without a commit ends well all the same."""
    writes = (Path("/rig/work.git"), Path("/rig/work.git/worktrees/s"))
    dialogue, _ = opened("codex", writes=writes, network=False, servers=(SERVER,))
    held = codex_thread(dialogue)["params"]
    assert held["sandbox"] == "workspace-write"
    assert held["config"]["sandbox_workspace_write"] == {
        "writable_roots": ["/rig/work.git", "/rig/work.git/worktrees/s"],
        "network_access": False,
    }
    assert held["config"]["mcp_servers"]["gt"]["default_tools_approval_mode"] == "approve"  # it refuses them otherwise
    for given in ({"writes": ()}, {"writes": writes, "walls": Walls(home=Path("/h"))}):
        dialogue, _ = opened("codex", **given)
        free = codex_thread(dialogue)["params"]
        assert (free["sandbox"], "config" in free) == ("danger-full-access", False)


@pytest.mark.parametrize(
    ("given", "method"),
    [({}, "thread/start"), ({"resume": "t"}, "thread/resume"), ({"resume": "t", "fork": True}, "thread/fork")],
)
def test_codex_is_given_all_that_a_start_holds(given: dict[str, Any], method: str) -> None:
    dialogue, _ = opened("codex", instructions="Be kind.", asks=True, servers=(SERVER,), **given)
    asked = codex_thread(dialogue)

    assert asked["method"] == method
    assert asked["params"].get("threadId") == given.get("resume")
    assert asked["params"]["developerInstructions"] == "Be kind."
    assert asked["params"]["approvalPolicy"] == "untrusted"
    server = asked["params"]["config"]["mcp_servers"]["gt"]
    assert (server["env"], "default_tools_approval_mode" in server) == ({"GT_TOKEN": "secret"}, False)
    assert Codex().call(a_start("codex")).argv == ("codex", "app-server")


def test_a_warning_of_codex_is_no_failure() -> None:
    dialogue, _ = opened("codex")
    warning = {"id": "i", "type": "error", "message": "Model metadata not found"}

    assert (
        heard(
            dialogue,
            {"method": "item/completed", "params": {"item": warning}},
            {"method": "warning", "params": {"message": "x"}},
            {"method": "error", "params": {"error": {"message": "x"}, "willRetry": False}},
        )
        == []
    )


def test_codex_is_interrupted_as_soon_as_its_turn_is_known() -> None:
    dialogue, _ = opened("codex")
    codex_thread(dialogue)
    dialogue.heard(spoken({"id": 2, "result": {"thread": {"id": "t"}}}))

    assert dialogue.cancel().lines == ()
    asked = [json.loads(one) for one in dialogue.heard(spoken({"id": 3, "result": {"turn": {"id": "u"}}})).lines]
    assert [(one["method"], one["params"]) for one in asked] == [
        ("turn/interrupt", {"threadId": "t", "turnId": "u"}),
        ("thread/backgroundTerminals/clean", {"threadId": "t"}),
    ]


def test_codex_asks_for_what_we_do_not_have_and_is_answered() -> None:
    dialogue, _ = opened("codex")
    [line] = dialogue.heard(b'{"id":7,"method":"item/tool/requestUserInput","params":{}}').lines

    assert json.loads(line)["error"]["code"] == -32601


def test_who_is_to_ask_nobody_is_given_what_it_asks_for() -> None:
    dialogue, _ = opened("codex")
    request = {"id": 7, "method": "item/fileChange/requestApproval", "params": {}}
    step = dialogue.heard(spoken(request))

    assert step.events == ()
    assert json.loads(step.lines[0]) == {"id": 7, "result": {"decision": "accept"}}


def test_pi_says_agent_end_before_it_tries_again() -> None:
    dialogue, _ = opened("pi")
    failed = {"stopReason": "error", "errorMessage": "429 slow down"}
    end = [{"type": "turn_end", "message": failed}, {"type": "agent_end"}]
    busy = {"id": "gt-still", "type": "response", "data": {"isStreaming": False, "isCompacting": True}}
    calm = {"id": "gt-still", "type": "response", "data": {"isStreaming": False, "isCompacting": False}}
    again = {"type": "auto_retry_start", "delayMs": 2000, "errorMessage": "429 slow down"}

    assert not [one for one in heard(dialogue, *end, busy, again, calm) if isinstance(one, TurnEnded)]
    *_, turn = heard(dialogue, *end, calm)
    assert isinstance(turn, TurnEnded)
    assert (turn.end, turn.failure.status if turn.failure else 0) == ("failed", 429)


def test_pi_exits_with_0_whatever_happened() -> None:
    dialogue, _ = opened("pi")
    heard(
        dialogue,
        {"type": "turn_end", "message": {"stopReason": "error", "errorMessage": "401 no"}},
        {"type": "agent_end"},
    )
    [_, turn] = dialogue.ended(Ended(exit_code=0, signal=None)).events

    assert isinstance(turn, TurnEnded)
    assert (turn.end, turn.failure.kind if turn.failure else "") == ("failed", "auth")


def test_pi_says_what_it_cannot() -> None:
    for given in ({"asks": True}, {"servers": (SERVER,)}, {"resume": "c", "fork": True}):
        with pytest.raises(CannotError):
            able("pi", Pi.can, a_start("pi", **given))


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_program_that_ends_without_a_word_has_failed(vendor: str) -> None:
    dialogue, _ = opened(vendor)
    [turn] = dialogue.ended(Ended(exit_code=0, signal=None)).events

    assert isinstance(turn, TurnEnded)
    assert (turn.end, turn.failure.kind if turn.failure else "") == ("failed", "crash")


@pytest.mark.parametrize(
    ("vendor", "said", "told"),
    [
        (
            "claude",
            {
                "type": "system",
                "subtype": "compact_boundary",
                "session_id": "c1",
                "compact_metadata": {"trigger": "auto", "pre_tokens": 170_000, "post_tokens": 9_000},
            },
            [ContextCompacted(before=170_000)],
        ),
        (
            "codex",
            {
                "method": "item/completed",
                "params": {"item": {"type": "contextCompaction", "id": "i1"}, "threadId": "t", "turnId": "u"},
            },
            [ContextCompacted()],
        ),
        (
            "pi",
            {
                "type": "compaction_end",
                "reason": "threshold",
                "aborted": False,
                "result": {"summary": "s", "tokensBefore": 170_000},
            },
            [ContextCompacted(before=170_000)],
        ),
        ("pi", {"type": "compaction_end", "reason": "threshold", "aborted": True, "errorMessage": "no"}, []),
    ],
)
def test_that_a_context_was_compacted_is_told(vendor: str, said: Any, told: list[AgentEvent]) -> None:
    """As the real programs say it: claude when asked for /compact, codex and pi when their window is full."""
    dialogue, _ = opened(vendor)

    assert heard(dialogue, said) == told
