"""The vendors: who there is, what is declared of them, and how their programs are called."""

import json
import subprocess  # noqa: TID251  a fresh interpreter
import sys
from pathlib import Path

import msgspec
import pytest

from gastown.adapters.agents import catalogue
from gastown.adapters.agents.acp_driver import AcpVendor
from gastown.adapters.agents.acp_opening import Opening
from gastown.adapters.agents.acp_wire import Said
from gastown.adapters.agents.dialogue import Ended
from gastown.adapters.agents.port import Message, Server, Start
from gastown.adapters.agents.told import ConversationOpened, MessageTaken, TextSaid, ToolBegan, ToolEnded, TurnEnded
from gastown.adapters.agents.vendors.acp import PROGRAMS, any_program
from gastown.adapters.agents.vendors.amp import Amp
from gastown.adapters.processes.marks import Marks
from gastown.events.agent import AgentSpec
from gastown.events.turn import Usage

LOGS = Path("/town/logs")


def a_start(vendor: str, *, environment: dict[str, str] | None = None, asks: bool = False, **spec: object) -> Start:
    return Start(
        worktree=Path("/repo"),
        brief="do it",
        agent=AgentSpec(name="a", vendor=vendor, **spec),
        environment=environment or {},
        mark=("GT_MARK", "1"),
        logs=LOGS,
        timeout=60,
        asks=asks,
    )


def acp(vendor: str) -> AcpVendor:
    return AcpVendor(next(program for program in PROGRAMS if program.vendor == vendor))


@pytest.mark.parametrize("name", [*catalogue.VENDORS, "acp:my-agent --acp"])
def test_each_vendor_makes_an_agent_that_is_what_was_declared(name: str) -> None:
    vendor = catalogue.vendor(name)
    agents = catalogue.Agents(Marks())

    assert vendor is not None
    assert (agents[name].vendor, agents[name].can) == (name, vendor.can)
    assert agents[name] is agents[name]
    assert vendor.source


@pytest.mark.parametrize("name", ["", "parrot", "acp", "acp:", "acp: ", "acp:'x"])
def test_nobody_else_is_known(name: str) -> None:
    assert catalogue.vendor(name) is None
    assert catalogue.Agents(Marks()).get(name) is None


def test_a_program_is_looked_for_on_the_path_of_the_session(tmp_path: Path) -> None:
    gemini = catalogue.VENDORS["gemini"]
    assert gemini.found(str(tmp_path)) is None
    (tmp_path / "gemini").write_text("#!/bin/sh\n")
    (tmp_path / "gemini").chmod(0o755)
    assert gemini.found(str(tmp_path)) == str(tmp_path / "gemini")
    assert catalogue.VENDORS["shell"].found(str(tmp_path)) is None


def test_the_list_is_had_without_what_acp_needs() -> None:
    """It takes 0.9 s and 20 MB: only a session of ACP is to wait for it."""
    check = "import sys, gastown.adapters.agents.catalogue; print({'acp', 'pydantic'} & set(sys.modules))"
    assert subprocess.run((sys.executable, "-c", check), capture_output=True, check=True).stdout == b"set()\n"


@pytest.mark.parametrize(
    ("vendor", "model", "asks", "argv"),
    [
        ("gemini", "", False, "gemini --acp --skip-trust -v"),
        ("gemini", "flash", True, "gemini --model flash --acp --skip-trust -v"),
        ("opencode", "fake/fake", False, "opencode acp -v"),
        ("qwen", "coder", False, "qwen --model coder --acp -v"),
        ("copilot", "large", False, "copilot --acp -v"),
        (
            "codex-acp",
            "",
            True,
            'codex-acp -c approval_policy="untrusted" -c sandbox_mode="danger-full-access"'
            " -c features.unified_exec=false -v",
        ),
        ("goose", "", False, "goose acp -v"),
        ("auggie", "large", False, "auggie --model large --acp -v"),
        ("cursor", "auto", False, "cursor-agent --model auto --trust acp -v"),
    ],
)
def test_how_a_program_is_called(vendor: str, model: str, asks: bool, argv: str) -> None:
    call = acp(vendor).call(a_start(vendor, model=model, arguments=("-v",), asks=asks))
    assert " ".join(call.argv) == argv


def test_a_command_of_ones_own_replaces_the_program() -> None:
    assert acp("gemini").call(a_start("gemini", command="/opt/my gemini")).argv[:2] == ("/opt/my gemini", "--acp")
    any_ = AcpVendor(any_program("acp:npx 'my agent' --acp"))
    assert any_.call(a_start("acp:")).argv == ("npx", "my agent", "--acp")


def test_settings_are_laid_beside_the_session_or_over_its_environment() -> None:
    gemini = acp("gemini").call(a_start("gemini"))
    assert gemini.environment == {"GEMINI_CLI_SYSTEM_DEFAULTS_PATH": "/town/logs/settings.json"}
    assert json.loads(gemini.files[Path("settings.json")])["general"]["enableAutoUpdate"] is False

    given = {"OPENCODE_CONFIG_CONTENT": '{"share": "manual", "model": "a/b", "permission": {"*": "allow"}}'}
    called = acp("opencode").call(a_start("opencode", environment=given, asks=True))
    assert json.loads(called.environment["OPENCODE_CONFIG_CONTENT"]) == {
        "autoupdate": False,
        "share": "manual",
        "model": "a/b",
        "permission": {"*": "ask"},
    }
    junk = acp("opencode").call(a_start("opencode", environment={"OPENCODE_CONFIG_CONTENT": "{"}))
    assert json.loads(junk.environment["OPENCODE_CONFIG_CONTENT"]) == {"autoupdate": False, "share": "disabled"}


def test_instructions_go_by_a_flag_a_listed_file_or_the_question_for_a_conversation() -> None:
    def start(vendor: str, **environment: str) -> Start:
        return msgspec.structs.replace(a_start(vendor, environment=environment), instructions="Be kind.")

    qwen = acp("qwen").call(start("qwen"))
    assert qwen.argv[qwen.argv.index("--append-system-prompt") + 1] == "Be kind."
    assert "--append-system-prompt" not in acp("qwen").call(a_start("qwen")).argv

    opencode = acp("opencode").call(start("opencode", OPENCODE_CONFIG_CONTENT='{"instructions": ["mine.md"]}'))
    listed = json.loads(opencode.environment["OPENCODE_CONFIG_CONTENT"])["instructions"]
    assert listed == ["mine.md", "/town/logs/instructions.md"]
    assert opencode.files == {Path("instructions.md"): "Be kind."}

    initialized = {"protocolVersion": 1, "agentCapabilities": {}}
    for vendor, meta in (("claude-acp", {"systemPrompt": {"append": "Be kind."}}), ("qwen", None), ("opencode", None)):
        program = next(one for one in PROGRAMS if one.vendor == vendor)
        question = Opening(program, start(vendor)).answer(Said(id=1, result=initialized))
        assert isinstance(question, tuple)
        assert question[1].field_meta == meta


@pytest.mark.parametrize("vendor", [one.vendor for one in PROGRAMS])
def test_who_takes_instructions_is_told_them_nowhere_else(vendor: str) -> None:
    program = next(one for one in PROGRAMS if one.vendor == vendor)
    ways = bool(program.instructing) + bool(program.instructing_setting) + (vendor == "claude-acp")
    assert ways == ("instructions" in program.can)


def test_the_model_and_the_asking_may_be_variables() -> None:
    goose = acp("goose").call(a_start("goose", model="large", asks=True)).environment
    assert (goose["GOOSE_MODEL"], goose["GOOSE_MODE"]) == ("large", "approve")
    assert acp("goose").call(a_start("goose")).environment == {"GOOSE_MODE": "auto"}
    assert acp("copilot").call(a_start("copilot", model="large")).environment["COPILOT_MODEL"] == "large"


AMP = """
{"type":"system","subtype":"init","cwd":"/repo","session_id":"T-1","tools":["Bash"],"mcp_servers":[]}
{"type":"user","message":{"role":"user","content":[{"type":"text","text":"do it"}]},"session_id":"T-1"}
{"type":"assistant","message":{"role":"assistant","content":[{"type":"text","text":"I do."},\
{"type":"tool_use","id":"t1","name":"Bash","input":{"cmd":"make"}}],\
"usage":{"input_tokens":10,"cache_creation_input_tokens":3,"cache_read_input_tokens":4,"output_tokens":5}},\
"session_id":"T-1"}
{"type":"user","message":{"role":"user","content":[{"type":"tool_result","tool_use_id":"t1","content":"ok",\
"is_error":false}]},"session_id":"T-1"}
{"type":"assistant","message":{"role":"assistant","content":[{"type":"text","text":"Done."}],\
"usage":{"input_tokens":20,"output_tokens":6}},"session_id":"T-1"}
{"type":"result","subtype":"success","duration_ms":1,"is_error":false,"num_turns":2,"result":"Done.","session_id":"T-1"}
"""
"""As its documentation describes it."""


def test_amp_is_understood_as_documented() -> None:
    listener = Amp().listener(Message(id="m1", text="do it"))
    events = [event for line in AMP.splitlines() for event in listener.heard(line.encode()).events]
    assert events == [
        ConversationOpened(id="T-1"),
        MessageTaken(id="m1"),
        TextSaid(text="I do."),
        ToolBegan(id="t1", tool="Bash", title="make"),
        ToolEnded(id="t1", ok=True),
        TextSaid(text="Done."),
        TurnEnded(end="done", text="Done.", usage=Usage(fresh=30, cache_read=4, cache_write=3, output=11)),
    ]
    assert listener.ended(Ended(exit_code=0, signal=None)).events == ()


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ('{"type":"result","subtype":"error_during_execution","is_error":true,"error":"Out of credits"}', "rate_limit"),
        ('{"type":"result","subtype":"error_max_turns","is_error":true,"error":"?"}', "crash"),
        ("", "crash"),
    ],
)
def test_amp_says_what_went_wrong(line: str, kind: str) -> None:
    listener = Amp().listener(Message(id="m1", text="do it"))
    *_, turn = (*listener.heard(line.encode()).events, *listener.ended(Ended(exit_code=1, signal=None)).events)
    assert isinstance(turn, TurnEnded)
    assert turn.failure is not None
    assert (turn.end, turn.failure.kind) == ("failed", kind)


def test_amp_goes_on_with_a_thread_and_takes_servers() -> None:
    start = a_start("amp")
    assert Amp().call(start, Message(id="m", text="do it"), "T-1").argv[:4] == ("amp", "threads", "continue", "T-1")
    served = msgspec.structs.replace(start, servers=(Server(name="gt", command=("gt", "mcp")),))
    call = Amp().call(served, Message(id="m", text="do it"), "")
    assert (call.stdin, call.argv[-2:]) == ("do it", ("--mcp-config", "/town/logs/mcp.json"))
    assert json.loads(call.files[Path("mcp.json")]) == {"gt": {"command": "gt", "args": ["mcp"], "env": {}}}
