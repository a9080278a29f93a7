"""ACP agents as real processes: what was recorded of real ones, played back, and some that behave badly."""

import shlex
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from gastown.adapters.agents.acp_driver import AcpAgent
from gastown.adapters.agents.pipe_talks import PipeTalks
from gastown.adapters.agents.port import CannotError, Message, Start
from gastown.adapters.agents.stream_driver import StreamSession
from gastown.adapters.agents.told import (
    AgentEvent,
    AgentExited,
    AgentStarted,
    ConversationOpened,
    LineDropped,
    MessageTaken,
    PermissionAsked,
    TextSaid,
    ToolBegan,
    TurnEnded,
)
from gastown.adapters.agents.vendors.acp import PROGRAMS, any_program
from gastown.adapters.processes.family import marked
from gastown.adapters.processes.marks import Marks
from gastown.clock import monotonic, new_id
from gastown.events.agent import AgentSpec

HERE = Path(__file__).parent
BY_VENDOR = {program.vendor: program for program in PROGRAMS}


class Driven:
    """A session, and all it told."""

    def __init__(self, session: StreamSession, start: Start) -> None:
        self.session = session
        self.start = start
        self.events: list[AgentEvent] = []
        self._iterator: AsyncIterator[AgentEvent] = session.events()

    async def until(self, kind: type[Any], *, count: int = 1, allow: bool = False) -> Any:
        """The event of this kind, as soon as there are so many. allow: what is asked meanwhile."""
        with anyio.fail_after(20):
            async for event in self._iterator:
                self.events.append(event)
                if allow and isinstance(event, PermissionAsked):
                    await self.session.answer(event.id, allow=True)
                if len(self.all(kind)) == count and isinstance(event, kind):
                    return event
        raise AssertionError(f"no {kind.__name__} in {self.events}")

    def all(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    def alive(self) -> list[int]:
        return [seen.pid for seen in marked(self.start.mark).alive()]

    async def stop(self) -> AgentExited:
        await self.session.stop(grace=0)
        return await self.until(AgentExited)

    async def close(self) -> None:
        await self.session.stop(grace=0)
        async for event in self._iterator:
            self.events.append(event)


def a_start(folder: Path, vendor: str, **given: Any) -> Start:
    mark = ("GT_MARK", new_id())
    (folder / "worktree").mkdir(exist_ok=True)
    spec = {key: given.pop(key) for key in ("command", "arguments", "model") if key in given}
    return Start(
        worktree=folder / "worktree",
        brief="do it",
        agent=AgentSpec(name="a", vendor=vendor, **spec),
        environment={"PATH": "/usr/bin:/bin", mark[0]: mark[1]},
        mark=mark,
        logs=folder / f"logs-{mark[1]}",
        **{"timeout": 60.0, **given},
    )


class Opener:
    """Starts agents in a folder; all are stopped in the end."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.driven: list[Driven] = []

    async def hostile(self, habit: str, **given: Any) -> Driven:
        vendor = f"acp:{shlex.join((sys.executable, str(HERE / 'hostile_acp_agent.py'), habit))}"
        return await self._open(
            AcpAgent(any_program(vendor), PipeTalks(Marks())), a_start(self.folder, vendor, **given)
        )

    async def recorded(self, vendor: str, piece: str) -> Driven:
        file = HERE / "recorded" / f"acp-{vendor.removesuffix('-acp')}-{piece}.jsonl"
        program = a_program(self.folder, (str(HERE / "acp_agent.py"), str(file)))
        start = a_start(self.folder, vendor, command=str(program), asks=True)
        return await self._open(AcpAgent(BY_VENDOR[vendor], PipeTalks(Marks())), start)

    async def _open(self, agent: AcpAgent, start: Start) -> Driven:
        self.driven.append(Driven(await agent.start(start), start))
        return self.driven[-1]


@pytest.fixture
async def opener(tmp_path: Path) -> AsyncIterator[Opener]:
    opener = Opener(tmp_path)
    yield opener
    for driven in opener.driven:
        await driven.close()


def a_program(folder: Path, player: tuple[str, ...]) -> Path:
    program = folder / "vendor"
    program.write_text(f"#!/bin/sh\nexec {shlex.join((sys.executable, *player))}\n")
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("vendor", ["claude-acp", "codex-acp", "copilot", "gemini", "opencode", "qwen"])
async def test_a_vendors_turn_over_real_pipes(opener: Opener, vendor: str) -> None:
    agent = await opener.recorded(vendor, "allow")
    asked = await agent.until(PermissionAsked)
    await agent.session.answer(asked.id, allow=True)
    turn = await agent.until(TurnEnded)
    exited = await agent.stop()

    assert isinstance(agent.events[0], AgentStarted)
    assert (turn.end, exited.stopped, agent.alive()) == ("done", True, [])
    assert (agent.start.logs / "output.log").read_bytes().count(b"\n") > 5
    assert (agent.start.logs / "errors.log").read_text() == ""


@pytest.mark.parametrize("vendor", ["claude-acp", "codex-acp", "copilot", "gemini", "opencode", "qwen"])
async def test_a_vendors_turn_is_cancelled_and_the_next_goes_on(opener: Opener, vendor: str) -> None:
    agent = await opener.recorded(vendor, "cancel")
    asked = await agent.until(PermissionAsked)
    await agent.session.answer(asked.id, allow=True)
    await agent.session.cancel()
    assert (await agent.until(TurnEnded)).end == "cancelled"

    await agent.session.prompt(Message(id="m1", text="still there?"))
    assert (await agent.until(TurnEnded, count=2, allow=True)).end == "done"
    assert MessageTaken(id="m1") in agent.events
    await agent.stop()


@pytest.mark.parametrize("habit", ["silent", "mute", "parting", "parting_well"])
async def test_one_that_never_answers_is_ended(opener: Opener, habit: str) -> None:
    agent = await opener.hostile(habit, silence=0.7)
    turn = await agent.until(TurnEnded)
    await agent.until(AgentExited)

    assert (turn.end, turn.failure.kind) == ("failed", "silent")
    assert agent.alive() == []


@pytest.mark.parametrize(
    ("habit", "text"),
    [
        ("halves", "ünïcode"),
        ("garbage", "well"),
        ("long_line", "well"),
        ("twice", ""),
        ("wrong_session", "code -32602"),
        ("wrong_ids", "well"),
        ("wants_files", "-32601 -32601 -32601 -32601"),
    ],
)
async def test_what_is_not_of_the_protocol_is_passed_over(opener: Opener, habit: str, text: str) -> None:
    agent = await opener.hostile(habit)
    turn = await agent.until(TurnEnded)
    await agent.stop()

    assert (turn.end, turn.text) == ("done", text)
    assert (agent.start.logs / "errors.log").read_text() == ""
    assert len(agent.all(TurnEnded)) == len(agent.all(ConversationOpened)) == 1
    assert [dropped.size > 50_000_000 for dropped in agent.all(LineDropped)] == [True] * (habit == "long_line")


async def test_a_flood_ends_in_an_outcome(opener: Opener) -> None:
    agent = await opener.hostile("flood")
    turn = await agent.until(TurnEnded)
    await agent.stop()

    assert turn.end == "done"
    assert len(turn.text) == 64 * 1024
    assert sum(len(said.text) for said in agent.all(TextSaid)) == 40_000_000


async def test_one_that_ends_in_mid_turn_has_failed(opener: Opener) -> None:
    agent = await opener.hostile("exits")
    turn = await agent.until(TurnEnded)
    exited = await agent.until(AgentExited)

    assert (turn.end, turn.failure.kind, turn.text) == ("failed", "crash", "half a")
    assert "boom" in turn.failure.message
    assert (exited.exit_code, exited.stopped) == (3, False)


async def test_one_that_ignores_that_its_turn_is_cancelled_is_killed(opener: Opener) -> None:
    agent = await opener.hostile("deaf")
    await agent.until(ToolBegan)
    begin = monotonic()
    await agent.session.cancel()
    turn = await agent.until(TurnEnded)
    took = monotonic() - begin
    await agent.until(AgentExited)

    assert turn.end == "cancelled"
    assert took < 2.0
    assert agent.alive() == []


async def test_what_it_leaves_behind_is_ended(opener: Opener) -> None:
    agent = await opener.hostile("forks")
    turn = await agent.until(TurnEnded)
    await agent.until(AgentExited)

    assert turn.end == "done"
    assert agent.alive() == []


@pytest.mark.parametrize(
    ("habit", "kind"), [("lies", "crash"), ("refuses", "rate_limit"), ("locked", "auth"), ("future", "crash")]
)
async def test_what_went_wrong_is_told_by_kind(opener: Opener, habit: str, kind: str) -> None:
    agent = await opener.hostile(habit)
    turn = await agent.until(TurnEnded)
    await agent.stop()

    assert (turn.end, turn.failure.kind) == ("failed", kind)
    if kind == "rate_limit":
        assert (turn.failure.status, turn.failure.retry_after) == (429, 7)


async def test_a_conversation_that_could_not_be_opened_takes_no_turn(opener: Opener) -> None:
    agent = await opener.hostile("locked")
    await agent.until(TurnEnded)
    with pytest.raises(Exception, match="m1 is not taken"):
        await agent.session.prompt(Message(id="m1", text="go on"))
    assert (await agent.until(TurnEnded, count=2)).failure.kind == "auth"
    await agent.stop()


@pytest.mark.parametrize("asked", [{"asks": True}, {"fork": True}, {"instructions": "be kind"}])
async def test_what_is_not_known_of_an_agent_is_not_relied_upon(opener: Opener, asked: dict[str, Any]) -> None:
    with pytest.raises(CannotError):
        await opener.hostile("mute", **asked)


async def test_one_that_does_not_steer_is_never_prompted_within_a_turn(opener: Opener) -> None:
    agent = await opener.hostile("chatty")
    await agent.until(TextSaid)
    for refused in (agent.session.prompt, agent.session.steer):
        with pytest.raises(CannotError):
            await refused(Message(id="m1", text="and that"))
    assert await agent.stop() is not None
    assert agent.alive() == []
