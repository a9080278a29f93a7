"""Every way in which a program was seen to end well with nothing done (exit code 0): what the town makes of it.

The streams are recorded ones, through the parsers of every session; what they left is looked for in a real sandbox, as
at the end of every turn; the rules are the Polecat's own. A turn that ends so is followed by reminders, and the session
then ends as what it is; one that its API cut off is asked for again, and waits at the gate until its account is given
something. Nothing is ever handed in.
"""

import json
import subprocess  # noqa: TID251  a tool of the agent's works in its sandbox
from collections.abc import Callable
from pathlib import Path

import pytest
from replay import Replay, act, records
from test_acp_dialogue import Play, a_start

from gastown.actors.commands import polecat as told
from gastown.actors.commands.command import Owner
from gastown.actors.kernel.role import Rejected
from gastown.actors.polecat import ROLE
from gastown.adapters.agents.acp_dialogue import AcpDialogue
from gastown.adapters.agents.dialogue import Ended
from gastown.adapters.agents.port import Message
from gastown.adapters.agents.told import TurnEnded
from gastown.adapters.agents.vendors.acp import PROGRAMS
from gastown.adapters.agents.vendors.codex import CodexDialogue
from gastown.adapters.git.trial import trial_rig
from gastown.events.agent import AgentSpec
from gastown.events.session import EndOrdered
from gastown.events.turn import TurnRequested

S = "ap-1-1"


def native(vendor: str, name: str, **given: bool) -> TurnEnded:
    return Replay(vendor, name, **given).all(TurnEnded)[-1]


def acp(vendor: str, name: str) -> TurnEnded:
    play = Play(vendor, name)
    play.run()
    return play.all(TurnEnded)[-1]


def acp_says(vendor: str, text: str) -> TurnEnded:
    """An agent that says this as if it were its model's, and ends its turn well."""
    (program,) = [one for one in PROGRAMS if one.vendor == vendor]
    dialogue = AcpDialogue(program, a_start(vendor, asks=False), Message(id="brief", text="do it"))
    dialogue.opening()
    update = f'{{"sessionUpdate":"agent_message_chunk","content":{{"type":"text","text":"{text}"}}}}'
    events = []
    for line in (
        '{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1,"agentCapabilities":{}}}',
        '{"jsonrpc":"2.0","id":2,"result":{"sessionId":"s"}}',
        f'{{"jsonrpc":"2.0","method":"session/update","params":{{"sessionId":"s","update":{update}}}}}',
        '{"jsonrpc":"2.0","id":3,"result":{"stopReason":"end_turn"}}',
    ):
        events += dialogue.heard(line.encode()).events
    return events[-1]


def gemini_interrupted() -> TurnEnded:
    """SIGINT to its process group: it is gone within its tool, without a word, with exit code 0."""
    (program,) = [one for one in PROGRAMS if one.vendor == "gemini"]
    dialogue = AcpDialogue(program, a_start("gemini", asks=False), Message(id="brief", text="do it"))
    dialogue.opening()
    dialogue.heard(b'{"jsonrpc":"2.0","id":1,"result":{"protocolVersion":1,"agentCapabilities":{}}}')
    dialogue.heard(b'{"jsonrpc":"2.0","id":2,"result":{"sessionId":"s"}}')
    return dialogue.ended(Ended(exit_code=0, signal=None)).events[-1]


def codex_without_its_end() -> TurnEnded:
    """All it said but that the turn is over, and exit code 0."""
    dialogue = CodexDialogue(a_start("codex", asks=False), Message(id="brief", text="do it"))
    for record in records("codex", "commit"):
        if "do" in record:
            act(dialogue, *record["do"])
        elif record["dir"] == "<" and record["msg"].get("method") != "turn/completed":
            dialogue.heard(json.dumps(record["msg"]).encode())
    return dialogue.ended(Ended(exit_code=0, signal=None)).events[-1]


Case = tuple[Callable[[], TurnEnded], str, str]
NOTHING, STAGED = "", "echo x > work.txt; git add work.txt"
WAITS = ("rate_limit", "server")
"""The kind of the failure of one that is to be told again what it was told."""

CASES: dict[str, Case] = {
    "claude was denied its tool": (lambda: native("claude", "permission"), NOTHING, "no_commits"),
    "codex was denied its tool": (lambda: native("codex", "permission"), NOTHING, "no_commits"),
    "codex could not write .git": (lambda: native("codex", "commit"), STAGED, "uncommitted"),
    "codex said no end": (codex_without_its_end, NOTHING, "failed"),
    "gemini had no identity to commit with": (lambda: acp("gemini", "allow"), STAGED, "uncommitted"),
    "gemini was denied its tool": (lambda: acp("gemini", "refuse"), NOTHING, "no_commits"),
    "gemini was interrupted": (gemini_interrupted, NOTHING, "failed"),
    "qwen was denied its tool": (lambda: acp("qwen", "refuse"), NOTHING, "no_commits"),
    "copilot was denied its tool": (lambda: acp("copilot", "refuse"), NOTHING, "no_commits"),
    "opencode was rejected": (lambda: acp("opencode", "refuse"), NOTHING, "no_commits"),
    "codex-acp was denied its tool": (lambda: acp("codex-acp", "refuse"), NOTHING, "no_commits"),
    "qwen: 401": (lambda: acp_says("qwen", "[API Error: 401 Incorrect API key provided.]"), NOTHING, "agent_broke"),
    "qwen: 429": (lambda: acp_says("qwen", "[API Error: 429 Rate limit reached]"), NOTHING, "rate_limit"),
    "qwen: 500": (lambda: acp_says("qwen", "[API Error: 500 Internal server error]"), NOTHING, "server"),
    "qwen: dropped": (lambda: acp_says("qwen", "[API Error: Connection error.]"), NOTHING, "server"),
    "copilot: 400": (lambda: acp_says("copilot", "Error: 400 Invalid request"), NOTHING, "failed"),
    "pi: 400": (lambda: native("pi", "error-400"), NOTHING, "failed"),
    "pi: 401": (lambda: native("pi", "error-401"), NOTHING, "agent_broke"),
    "pi: 429": (lambda: native("pi", "error-429"), NOTHING, "rate_limit"),
    "pi: 500": (lambda: native("pi", "error-500"), NOTHING, "server"),
    "pi: dropped": (lambda: native("pi", "error-dropped"), NOTHING, "server"),
}


@pytest.mark.parametrize("name", CASES)
async def test_it_is_never_handed_in(name: str, tmp_path: Path) -> None:
    heard, did, outcome = CASES[name]
    rig = await trial_rig(tmp_path)
    sandbox = await rig.create_sandbox(S, None)
    if did:
        subprocess.run(["sh", "-ec", did], cwd=sandbox.worktree, check=True)  # noqa: ASYNC221  it takes a moment
    left = await rig.inspect(sandbox.worktree, sandbox.base)
    ended, session = heard(), Session()
    for number in (1, 2, 3):
        if session.over is None:
            session.end_turn(ended, number, ahead=left.ahead, changed=left.changed)

    if outcome in WAITS:
        assert (session.over, ended.failure and ended.failure.kind) == (None, outcome)
        assert [one.again for one in session.wanted] == [True, True, True]
        return
    assert session.over is not None
    assert session.over.outcome == outcome, session.over
    assert session.over.reason
    if outcome in ("no_commits", "uncommitted"):
        assert [len(one.reminder) > 0 for one in session.wanted] == [True, True]
        assert all(tool in session.wanted[0].reminder for tool in ended.denied)


class Session:
    """A Polecat, from the start of its agent on."""

    def __init__(self) -> None:
        self.over: EndOrdered | None = None
        self.wanted: list[TurnRequested] = []
        self._state = ROLE.initial(Owner("polecat", S))
        self._tell(
            told.OpenSession(
                session=S,
                rig="app",
                bead="ap-1",
                number=1,
                polecat="nux",
                agent=AgentSpec(name="cc", vendor="claude"),
                title="t",
                priority=1,
            )
        )
        self._tell(told.ReportAgentStarted(session=S, pid=1, started=2, worktree="/w", branch="gt/x", base="b"))

    def end_turn(self, ended: TurnEnded, number: int, *, ahead: int, changed: tuple[str, ...]) -> None:
        self._tell(
            told.ReportTurn(
                session=S,
                number=number,
                at=1000.0,
                end=ended.end,
                text=ended.text,
                failure=ended.failure,
                denied=ended.denied,
                ahead=ahead,
                changed=changed,
            )
        )
        if self.over is None:
            self._tell(told.PermitTurn(session=S, number=number + 1))

    def _tell(self, command: told.PolecatCommand) -> None:
        decision = ROLE.decide(self._state, command)
        assert not isinstance(decision, Rejected)
        for change in decision:
            self._state = ROLE.evolve(self._state, change)
            if isinstance(change.event, EndOrdered):
                self.over = change.event
            elif isinstance(change.event, TurnRequested):
                self.wanted.append(change.event)
