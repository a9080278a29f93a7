"""What six real ACP agents said, understood: the recordings are played back without any process."""

import json
import runpy
from pathlib import Path
from typing import Any

import pytest

from gastown.adapters.agents.acp_dialogue import AcpDialogue
from gastown.adapters.agents.acp_failures import told_failure
from gastown.adapters.agents.dialogue import Step
from gastown.adapters.agents.port import Message, Start
from gastown.adapters.agents.told import (
    AgentEvent,
    ContextCompacted,
    ContextTold,
    ConversationOpened,
    MessageTaken,
    PermissionAsked,
    TextSaid,
    ToolBegan,
    ToolEnded,
    TurnEnded,
)
from gastown.adapters.agents.vendors.acp import PROGRAMS
from gastown.events.agent import AgentSpec
from gastown.events.turn import Usage

RECORDED = Path(__file__).parent / "recorded"
Recording: Any = runpy.run_path(str(Path(__file__).parent / "acp_agent.py"))["Recording"]
BY_VENDOR = {program.vendor: program for program in PROGRAMS}
VENDORS = ("claude-acp", "codex-acp", "copilot", "gemini", "opencode", "qwen")


class Play:
    """One conversation, driven by what was said to the agent when it was recorded."""

    def __init__(self, vendor: str, *pieces: str, asks: bool = True, resume: str = "") -> None:
        self.recording = Recording([recorded(vendor, piece) for piece in pieces])
        start = a_start(vendor, asks=asks, resume=resume)
        self.dialogue = AcpDialogue(BY_VENDOR[vendor], start, Message(id="brief", text=start.brief))
        self.events: list[AgentEvent] = []
        self._unheard: list[bytes] = []
        self._messages = 0

    def run(self) -> list[AgentEvent]:
        self._take(self.dialogue.opening())
        while not self.recording.over:
            for line in self.recording.says():
                self._take(self.dialogue.heard(line))
            if not self._unheard and not self.recording.over:
                self._take(self._act(self.recording.wanted))
            while self._unheard and self.recording.wanted:
                self.recording.hear(self._unheard.pop(0))
        assert self._unheard == []
        return self.events

    def all(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def _take(self, step: Step) -> None:
        self.events += step.events
        self._unheard += step.lines

    def _act(self, wanted: dict[str, Any]) -> Step:
        """What a person did at that place."""
        if "result" in wanted:
            asked = self.all(PermissionAsked)[-1]
            return self.dialogue.answer(asked.id, allow=wanted["result"]["outcome"]["optionId"] in ALLOWING)
        if wanted["method"] == "session/cancel":
            return self.dialogue.cancel()
        self._messages += 1
        message = Message(id=f"m{self._messages}", text="go on")
        ended, opened = len(self.all(TurnEnded)), self._messages
        return (self.dialogue.prompt if ended == opened else self.dialogue.steer)(message)


ALLOWING = {"allow", "allow_once", "approved", "once", "proceed_once"}


def recorded(vendor: str, piece: str) -> Path:
    return RECORDED / f"acp-{vendor.removesuffix('-acp')}-{piece}.jsonl"


def a_start(vendor: str, *, asks: bool, resume: str = "") -> Start:
    return Start(
        worktree=Path("/repo"),
        brief="please do it",
        agent=AgentSpec(name="a", vendor=vendor),
        environment={},
        mark=("GT_MARK", "1"),
        logs=Path("/logs"),
        timeout=60,
        asks=asks,
        resume=resume,
    )


BASIC = {
    "claude-acp": ("Bash", "default", Usage(fresh=2100, cache_read=400, output=100, cost=pytest.approx(0.0132))),
    "codex-acp": ("execute", "gpt-5", None),
    "copilot": ("execute", "", Usage(fresh=1700, cache_read=400, output=100)),
    "gemini": ("execute", "gemini-2.5-pro", Usage(fresh=2100, output=100)),
    "opencode": ("execute", "fake/fake-model", Usage(fresh=900, cache_read=200, output=50, cost=0.0066)),
    "qwen": ("execute", "$runtime|openai|fake-model(openai)", Usage(fresh=1700, cache_read=400, output=100)),
}
"""The tool's name, the model, and the tokens of the turn: by their own account, 2100 were sent, 400 of them cached."""


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_turn_with_a_permission_that_is_given(vendor: str) -> None:
    play = Play(vendor, "allow")
    events = play.run()
    tool, model, usage = BASIC[vendor]

    opened, turn = events[0], events[-1]
    assert isinstance(opened, ConversationOpened)
    assert (opened.model, bool(opened.version)) == (model, True)
    assert isinstance(turn, TurnEnded)
    assert (turn.end, turn.usage, turn.denied) == ("done", usage, ())
    assert turn.text.endswith("last_user=please do it [[go]]")
    assert "".join(said.text for said in play.all(TextSaid)).endswith(turn.text)
    assert play.all(MessageTaken) == [MessageTaken(id="brief")]
    asked = play.all(PermissionAsked)
    assert len(asked) == 1
    assert all("git commit" in one.title for one in (*asked, *play.all(ToolBegan)))  # copilot titles it otherwise
    assert [began.tool for began in play.all(ToolBegan)] == [tool]
    assert [(ended.id, ended.ok) for ended in play.all(ToolEnded)] == [(play.all(ToolBegan)[0].id, True)]
    began = events.index(play.all(ToolBegan)[0])
    assert began < events.index(play.all(ToolEnded)[0]) < len(events) - 1


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_turn_with_a_permission_that_is_refused_says_so(vendor: str) -> None:
    play = Play(vendor, "refuse")
    turn = play.run()[-1]

    assert isinstance(turn, TurnEnded)
    assert turn.denied == (BASIC[vendor][0],)
    assert turn.end == ("cancelled" if vendor == "codex-acp" else "done")  # its one way to refuse ends the turn
    assert all(not ended.ok for ended in play.all(ToolEnded))


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_turn_is_cancelled_and_the_next_goes_on(vendor: str) -> None:
    play = Play(vendor, "cancel")
    play.run()

    first, second = play.all(TurnEnded)
    assert (first.end, second.end) == ("cancelled", "done")
    assert "still there?" in second.text
    assert len(play.all(ToolBegan)) == len(play.all(ToolEnded))


def test_tokens_that_are_told_as_totals_are_counted_once() -> None:
    play = Play("copilot", "cancel")
    play.run()

    each = Usage(fresh=800, cache_read=200, output=50)
    assert [turn.usage for turn in play.all(TurnEnded)] == [each, each]


def test_a_cost_that_is_told_as_a_total_is_counted_once() -> None:
    play = Play("claude-acp", "cancel")
    play.run()

    assert [turn.usage.cost for turn in play.all(TurnEnded)] == [pytest.approx(0.00635), pytest.approx(0.00635)]


@pytest.mark.parametrize("vendor", ["claude-acp", "opencode"])
def test_a_turn_that_was_steered_is_one_turn(vendor: str) -> None:
    play = Play(vendor, "steer")
    play.run()

    (turn,) = play.all(TurnEnded)
    assert turn.end == "done"
    assert "tool_results=2" in turn.text
    assert play.all(MessageTaken) == [MessageTaken(id="brief"), MessageTaken(id="m1")]
    assert play.events.index(MessageTaken(id="m1")) < play.events.index(play.all(TextSaid)[0])


@pytest.mark.parametrize("vendor", ["codex-acp", "opencode", "qwen"])
def test_a_conversation_is_gone_on_with(vendor: str) -> None:
    entries = recorded(vendor, "load").read_text().splitlines()
    conversation = entries[2].split('"sessionId":"')[1].split('"')[0]
    play = Play(vendor, "load", resume=conversation)
    play.run()

    assert [opened.id for opened in play.all(ConversationOpened)] == [conversation]
    (turn,) = play.all(TurnEnded)
    assert turn.end == "done"
    assert "second prompt after load" in turn.text
    told = "".join(said.text for said in play.all(TextSaid))
    assert "last_user=please do it [[go]]" not in told  # what was said in its earlier life is not said again
    assert turn.usage is None or turn.usage.cost is None  # the total is of both lives


def test_what_gemini_tells_of_an_earlier_life_after_it_has_opened_it_is_no_part_of_the_turn() -> None:
    entries = recorded("gemini", "late").read_text().splitlines()
    conversation = entries[2].split('"sessionId":"')[1].split('"')[0]
    play = Play("gemini", "late", resume=conversation)
    play.run()

    assert [opened.id for opened in play.all(ConversationOpened)] == [conversation]
    assert [said.text for said in play.all(TextSaid)] == ["DONE ", "two"]
    assert [turn.text for turn in play.all(TurnEnded)] == ["DONE two"]


def test_a_conversation_that_is_not_found_is_a_new_one() -> None:
    play = Play("gemini", "load", "allow", resume="b33db666-1bb8-4fae-8b44-25409a42b4fd")
    play.run()

    assert [opened.id for opened in play.all(ConversationOpened)] == ["55b43bf5-6b63-4eea-8cd0-6e5078906d6b"]
    assert [turn.end for turn in play.all(TurnEnded)] == ["done"]


def test_a_conversation_that_qwen_says_it_has_and_of_which_it_tells_nothing_is_a_new_one() -> None:
    play = Play("qwen", "nowhere", "allow", resume="11111111-1111-4111-8111-111111111111")
    play.run()

    assert [opened.id for opened in play.all(ConversationOpened)] == ["ea1d5582-e4cf-4a6d-ac5b-7d585e30aa08"]
    assert [turn.end for turn in play.all(TurnEnded)] == ["done"]


@pytest.mark.parametrize("vendor", VENDORS)
def test_it_may_use_any_tool_unless_it_is_to_ask(vendor: str) -> None:
    play = Play(vendor, "allow", asks=False)
    play.run()

    assert play.all(PermissionAsked) == []
    assert [turn.end for turn in play.all(TurnEnded)] == ["done"]


def test_how_full_its_context_is_is_told_when_it_changes() -> None:
    play = Play("claude-acp", "allow")
    play.run()

    told = [1201, 1250, 1301, 1350]
    assert play.all(ContextTold) == [ContextTold(used=used, size=1_000_000) for used in told]


def test_that_claude_acp_has_compacted_its_context_is_told_and_no_part_of_what_it_says() -> None:
    """It has no other word for it than this piece of text."""
    start = a_start("claude-acp", asks=False, resume="")
    dialogue = AcpDialogue(BY_VENDOR["claude-acp"], start, Message(id="brief", text="do it"))
    dialogue.opening()
    told: list[AgentEvent] = []
    for said in (
        {"id": 1, "result": {"protocolVersion": 1}},
        {"id": 2, "result": {"sessionId": "s"}},
        update({"sessionUpdate": "usage_update", "used": 170_000, "size": 200_000}),
        update({"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": COMPACTED}}),
        update({"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "DONE"}}),
        {"id": 3, "result": {"stopReason": "end_turn"}},
    ):
        told += dialogue.heard(json.dumps({"jsonrpc": "2.0", **said}).encode()).events
    assert ContextCompacted(before=170_000) in told
    assert told[-1].text == "DONE"


def test_an_error_is_how_some_say_that_a_turn_was_cancelled() -> None:
    start = a_start("qwen", asks=False)
    dialogue = AcpDialogue(BY_VENDOR["qwen"], start, Message(id="brief", text=start.brief))
    dialogue.opening()
    for number, result in ((1, {"protocolVersion": 1}), (2, {"sessionId": "s"})):
        dialogue.heard(json.dumps({"jsonrpc": "2.0", "id": number, "result": result}).encode())
    dialogue.cancel()
    error = {"code": -32603, "message": "Internal error", "data": {"details": "Request was aborted."}}
    [turn] = dialogue.heard(json.dumps({"jsonrpc": "2.0", "id": 3, "error": error}).encode()).events

    assert (turn.end, turn.failure) == ("cancelled", None)


COMPACTED = "\n\nCompacting completed."


def update(told: Any) -> Any:
    return {"method": "session/update", "params": {"sessionId": "s", "update": told}}


@pytest.mark.parametrize(
    ("error", "kind", "status", "retry_after"),
    [
        ({"code": -32000, "message": "Authentication required"}, "auth", None, None),
        ({"code": 429, "message": "Rate limit exceeded. Try again later."}, "rate_limit", 429, None),
        ({"code": -32603, "message": "no", "data": {"e": {"status": 429, "retryAfter": 3}}}, "rate_limit", 429, 3),
        ({"code": -32603, "message": "API Error: 401 no such key"}, "auth", 401, None),
        ({"code": -32603, "message": "x", "data": {"details": "status 503, retry after 9"}}, "server", 503, 9),
        ({"code": -32603, "message": "x", "data": {"details": "400 no tool; web_fetch"}}, "input", 400, None),
        ({"code": -32603, "message": "x", "data": {"message": "unexpected status 529"}}, "server", 529, None),
        (
            {"code": -32603, "message": "x", "data": {"codex_error_info": {"gave_up": {"http_status_code": 429}}}},
            *("rate_limit", 429, None),
        ),
        ({"code": -32602, "message": "what is that"}, "input", None, None),
        ({"code": -32603, "message": "Internal error"}, "crash", None, None),
        ("no", "crash", None, None),
        (None, "crash", None, None),
        ([[[[[{"status": 500}]]]]], "crash", None, None),
    ],
)
def test_errors_are_told_apart(error: Any, kind: str, status: int | None, retry_after: float | None) -> None:
    failure = told_failure(error)
    assert (failure.kind, failure.status, failure.retry_after) == (kind, status, retry_after)
