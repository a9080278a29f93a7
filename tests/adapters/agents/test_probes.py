"""What real programs answered to a probe, understood: the lines are theirs, shortened."""

import json
from pathlib import Path

import pytest

from gastown.adapters.agents.acp_probe import AcpProbe
from gastown.adapters.agents.catalogue import VENDORS
from gastown.adapters.agents.port import Start
from gastown.adapters.agents.probe import Probe, Seen, asked_for, older, too_old, version_in
from gastown.adapters.agents.vendors.acp import PROGRAMS
from gastown.adapters.agents.vendors.claude_probe import ClaudeProbe
from gastown.adapters.agents.vendors.codex_probe import CodexProbe
from gastown.adapters.agents.vendors.pi_probe import PiProbe
from gastown.events.agent import AgentSpec

START = Start(
    worktree=Path("/w"),
    brief="",
    agent=AgentSpec(name="a", vendor="x"),
    environment={},
    mark=("GT_MARK", "1"),
    logs=Path("/logs"),
    timeout=60,
)


def play(probe: Probe, *lines: object) -> Seen:
    """What was seen once the last line was heard, and not before."""
    said = probe.opening()
    assert said
    for line in (b"\xff garbage", b"[1]", b'{"type":"noise"}', b'{"id":99}'):
        assert probe.heard(line) == ()
    for line in lines[:-1]:
        assert not isinstance(probe.heard(json.dumps(line).encode()), Seen)
    seen = probe.heard(json.dumps(lines[-1]).encode())
    assert isinstance(seen, Seen)
    return seen


def of_claude(**account: str) -> dict[str, object]:
    response = {"commands": [], "account": account, "pid": 1}
    told = {"subtype": "success", "request_id": "gt-probe", "response": response}
    return {"type": "control_response", "response": told}


@pytest.mark.parametrize(
    ("account", "wants"),
    [
        ({"tokenSource": "none", "apiKeySource": "ANTHROPIC_API_KEY", "apiProvider": "firstParty"}, ""),
        ({"tokenSource": "none", "apiProvider": "firstParty"}, "a login"),
        ({"tokenSource": "claude.ai", "apiProvider": "firstParty"}, ""),
        ({"tokenSource": "none", "apiProvider": "bedrock"}, ""),
    ],
)
def test_claude_says_where_its_key_comes_from(account: dict[str, str], wants: str) -> None:
    seen = play(ClaudeProbe(), of_claude(**account))
    assert (seen.wants, seen.can) == (wants, {"cancel", "permissions"})


INITIALIZED = {"id": 1, "result": {"userAgent": "x/0.169.0 (Debian 12.0.0; x86_64) dumb (x; 1)", "platformOs": "linux"}}
NO_THREAD: dict[str, object] = {"code": -32600, "message": "thread not found: 00000000-0000-7000-8000-000000000000"}
UNKNOWN: dict[str, object] = {
    "code": -32600,
    "message": "Invalid request: unknown variant `turn/steer`, expected one of `initialize`",
}


def of_codex(
    account: dict[str, object], exit_code: int = 0, stderr: str = "", steer: dict[str, object] = NO_THREAD
) -> list[dict[str, object]]:
    return [
        INITIALIZED,
        {"id": 3, "result": {"exitCode": exit_code, "stdout": "", "stderr": stderr}},
        {"id": 2, "result": account},
        {"id": 4, "error": steer},
        *({"id": number, "error": NO_THREAD} for number in (5, 6, 7)),
    ]


def test_codex_commits_by_its_own_means() -> None:
    seen = play(CodexProbe(START), *of_codex({"account": None, "requiresOpenaiAuth": False}))
    assert seen == Seen(version="0.169.0", can=frozenset({"steer", "cancel", "resume", "fork"}), tool="")


def test_codex_wants_a_login_cannot_commit_and_is_old() -> None:
    read_only = "fatal: Unable to create '/w/.git/index.lock': Read-only file system\n"
    account: dict[str, object] = {"account": None, "requiresOpenaiAuth": True}
    seen = play(CodexProbe(START), *of_codex(account, 128, read_only, UNKNOWN))
    assert (seen.wants, seen.tool, seen.cannot) == ("a login", read_only.strip(), {"steer"})


def test_pi_without_a_login_has_no_model() -> None:
    told = {"id": "gt-probe", "type": "response", "command": "get_state", "success": True}
    state = {"model": {"id": "unknown"}, "steeringMode": "one-at-a-time", "sessionId": "01a2"}
    assert play(PiProbe(), {**told, "data": state}).wants == "a login, or a model: it has none"
    seen = play(PiProbe(), {**told, "data": {**state, "model": {"id": "fake-model"}}})
    assert (seen.wants, seen.can) == ("", {"steer", "resume"})


ABLE = {
    "protocolVersion": 1,
    "agentInfo": {"name": "gemini-cli", "version": "0.61.0"},
    "agentCapabilities": {"loadSession": True, "mcpCapabilities": {"http": True}},
}


def acp(agent_capabilities: object = ABLE["agentCapabilities"], **second: object) -> Seen:
    first = {"jsonrpc": "2.0", "id": 1, "result": {**ABLE, "agentCapabilities": agent_capabilities}}
    (gemini,) = [program for program in PROGRAMS if program.vendor == "gemini"]
    return play(AcpProbe(gemini, START), first, {"jsonrpc": "2.0", "id": 2, **second})


def test_an_acp_agent_opens_a_conversation_and_says_what_it_can() -> None:
    seen = acp(result={"sessionId": "s1"})
    assert seen == Seen(version="0.61.0", can=frozenset({"turns", "cancel", "resume", "servers"}))
    assert acp({}, result={"sessionId": "s1"}).cannot == {"resume"}


def test_an_acp_agent_that_wants_a_login_says_so_in_its_words() -> None:
    seen = acp(error={"code": -32000, "message": "Gemini API key is missing or not configured."})
    assert (seen.wants, seen.refused) == ("a login", "Gemini API key is missing or not configured.")


def test_an_acp_agent_that_takes_no_conversation() -> None:
    seen = acp(error={"code": -32603, "message": "Internal error"})
    assert (seen.wants, seen.refused) == ("", "Internal error")


@pytest.mark.parametrize(
    ("words", "what"),
    [
        ("Do you trust the files in this folder?", "that its folder is trusted"),
        ("Please log in: open https://ampcode.com/auth in your browser", "a login"),
        ("Opening browser to authenticate", "a login"),
        ("A new version is available. Please update to continue.", "an update"),
        ("Accept the terms of service to go on", "that its terms are accepted"),
        ("Continue? [y/N]", "an answer"),
        ("Error: Raw mode is not supported on the current process.stdin", "a terminal"),
        ("segmentation fault", ""),
    ],
)
def test_what_a_program_asks_for_is_named(words: str, what: str) -> None:
    assert asked_for(words) == what


@pytest.mark.parametrize(
    ("said", "version"),
    [
        ("2.1.197 (Claude Code)\n", "2.1.197"),
        ("WARNING: could not create PATH aliases: /tmp/x-1.2.3\ncodex-cli 0.169.0\n", "0.169.0"),
        ("GitHub Copilot CLI 1.0.102.\nRun 'copilot update' to check for updates.\n", "1.0.102"),
        ("v20.20.2", "20.20.2"),
        ("error: unexpected argument '--version' found", ""),
    ],
)
def test_a_version_is_found_in_words(said: str, version: str) -> None:
    assert version_in(said) == version


def test_versions_are_told_apart() -> None:
    assert older("0.60.9", "0.61.0")
    assert not older("0.61.0", "0.61.0")
    assert not older("", "0.61.0")
    assert too_old("1.9.0", "2.1.197")
    assert not too_old("2.0.1", "2.1.197")
    assert too_old("0.20.0", "0.169.0")
    assert not too_old("0.160.0", "0.169.0")


def test_every_measured_vendor_has_its_version() -> None:
    assert {name for name, one in VENDORS.items() if not one.version} == {"shell", "goose", "auggie", "cursor", "amp"}
