"""What every agent promises that takes turns: cases over a bench, whatever program is behind it.

A bench knows the agent, how to start it, and what its model does; the steps are those of `model_api/script.py`. The
same cases are run with programs of our own (`test_turns_contract.py`) and with the real ones (`live/`).
"""

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol

import anyio
import pytest
from model_api.script import FOREVER, Drop, Fail, Hang, Run, Say, Step

from gastown.adapters.agents.going_on import go_on
from gastown.adapters.agents.port import Agent, AgentSession, CannotError, Message, Start
from gastown.adapters.agents.told import (
    AgentEvent,
    AgentExited,
    AgentStarted,
    ConversationOpened,
    MessageTaken,
    PermissionAsked,
    Retrying,
    TextSaid,
    ToolBegan,
    ToolEnded,
    TurnEnded,
)
from gastown.clock import monotonic
from gastown.events.turn import Usage

PAUSE = "true; sleep"
"""Its seconds come behind it. (qwen runs no command that begins with "sleep".)"""


class Bench(Protocol):
    """It has a worktree: a git repository with a commit. patience: seconds in which a turn without waiting is over.

    slow_errors: statuses that its program goes on trying with for longer than that. silence: seconds without a word in
    which its program has surely started.
    """

    agent: Agent
    patience: float
    slow_errors: frozenset[int]
    silence: float

    def start(self, brief: str = "do it", **given: Any) -> Start:
        """given: fields of Start."""
        ...

    def play(self, *steps: Step) -> None:
        """What the model does from now on, one step an answer; the last one repeats."""
        ...

    def was_told(self, text: str) -> bool:
        """Whether the model has been told this, in the conversation that it was asked in last."""
        ...

    def has(self, name: str) -> bool:
        """Whether there is such a file in the worktree."""
        ...

    def touch(self, name: str) -> None:
        """Make it."""
        ...

    async def until_kept(self, text: str) -> None:
        """Until its program has written down a conversation in which this was said, and finds it if it is to go on."""
        ...

    def kill(self, start: Start) -> None:
        """All processes of this session, at once."""
        ...

    def alive(self, start: Start) -> list[int]:
        """The processes of this session."""
        ...

    def calls(self, number: int) -> Usage:
        """What so many answers of the model cost, as this vendor tells it."""
        ...


class Heard:
    """What a session has told so far."""

    def __init__(self, bench: Bench, session: AgentSession, start: Start) -> None:
        self.events: list[AgentEvent] = []
        self.session = session
        self.given = start
        self._bench = bench
        self._more = anyio.Event()

    async def follow(self) -> None:
        async for event in self.session.events():
            self.events.append(event)
            self._more.set()
            self._more = anyio.Event()

    def all(self, kind: type[Any]) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def first(self, kind: type[Any], number: int = 1) -> Any:
        """The one with this number; fails when it does not come."""
        with anyio.fail_after(self._bench.patience):
            while len(self.all(kind)) < number:
                await self._more.wait()
        return self.all(kind)[number - 1]

    async def turn(self, number: int = 1) -> TurnEnded:
        return await self.first(TurnEnded, number)


@asynccontextmanager
async def at_work(bench: Bench, start: Start) -> AsyncGenerator[Heard]:
    """Stopped at the end: nothing of it is left then, and its events are what they have to be."""
    heard = Heard(bench, await bench.agent.start(start), start)
    with anyio.fail_after(bench.patience * 3):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(heard.follow)
            try:
                yield heard
            finally:
                with anyio.CancelScope(shield=True):
                    await heard.session.stop(grace=1.0)
    first, *between, last = heard.events
    assert isinstance(first, AgentStarted)
    assert isinstance(last, AgentExited)
    assert not [event for event in between if isinstance(event, AgentExited)]
    assert bench.alive(start) == []


@asynccontextmanager
async def going_on(bench: Bench, start: Start) -> AsyncGenerator[Heard]:
    """As a host does it whose agent was killed: with the conversation, or without. Stopped at the end."""
    heard = Heard(bench, await go_on(bench.agent, start), start)
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(heard.follow)
        try:
            yield heard
        finally:
            with anyio.CancelScope(shield=True):
                await heard.session.stop(grace=1.0)
    assert bench.alive(start) == []


async def a_turn(bench: Bench) -> None:
    bench.play(Say("DONE one"))
    async with at_work(bench, bench.start("the brief of it")) as heard:
        turn = await heard.turn()
        assert (turn.end, turn.failure) == ("done", None)
        assert turn.text == "DONE one" == "".join(said.text for said in heard.all(TextSaid))
        assert bench.was_told("the brief of it")
        assert heard.all(ConversationOpened)[0].id
        assert len(heard.all(MessageTaken)) == 1
    assert heard.events[-1].stopped


async def tools_and_a_commit(bench: Bench) -> None:
    bench.play(Run("echo hi > made && git add made && git commit -qm made"), Say("DONE"))
    async with at_work(bench, bench.start()) as heard:
        assert (await heard.turn()).end == "done"
    [began], [ended] = heard.all(ToolBegan), heard.all(ToolEnded)
    assert "git commit" in began.title
    assert ended == ToolEnded(id=began.id, ok=True)
    assert bench.has("made")


async def a_tool_that_fails(bench: Bench) -> None:
    bench.play(Run("exit 3"), Say("DONE"))
    async with at_work(bench, bench.start()) as heard:
        assert (await heard.turn()).end == "done"
    assert len(heard.all(ToolEnded)) == 1


async def a_second_turn(bench: Bench) -> None:
    bench.play(Say("DONE one"), Say("DONE two"))
    async with at_work(bench, bench.start("the first")) as heard:
        await heard.turn()
        await heard.session.prompt(Message(id="m2", text="the second"))
        assert (await heard.turn(2)).text == "DONE two"
        assert [taken.id for taken in heard.all(MessageTaken)][-1] == "m2"
        assert bench.was_told("the first")
        assert bench.was_told("the second")


async def no_turn_within_a_turn(bench: Bench) -> None:
    bench.play(Hang())
    async with at_work(bench, bench.start()) as heard:
        with pytest.raises(CannotError, match="m2"):
            await heard.session.prompt(Message(id="m2", text="now"))


async def told_within_the_turn(bench: Bench) -> None:
    bench.play(Run("while [ ! -e go ]; do sleep 0.02; done"), Say("DONE"))
    async with at_work(bench, bench.start()) as heard, anyio.create_task_group() as tasks:
        await heard.first(ToolBegan)
        tasks.start_soon(heard.session.steer, Message(id="m1", text="this besides"))
        await anyio.sleep(0.3)  # until it has been said: nobody tells
        bench.touch("go")
        await heard.turn()
    assert [taken.id for taken in heard.all(MessageTaken)][-1] == "m1"
    assert bench.was_told("this besides")
    assert len(heard.all(TurnEnded)) == 1


async def what_it_cannot_is_said(bench: Bench) -> None:
    bench.play(Say("DONE"))
    async with at_work(bench, bench.start()) as heard:
        await heard.turn()
        if "steer" not in bench.agent.can or bench.agent.can:
            with pytest.raises(CannotError, match="m1"):
                await heard.session.steer(Message(id="m1", text="there is no turn, or no way"))
        await heard.session.answer("nothing", allow=True)
    asked: dict[str, dict[str, Any]] = {
        "permissions": {"asks": True},
        "instructions": {"instructions": "Be kind."},
        "fork": {"resume": "c", "fork": True},
    }
    for capability, given in asked.items():
        if capability not in bench.agent.can:
            with pytest.raises(CannotError):
                await bench.agent.start(bench.start(**given))


async def cancelled(bench: Bench) -> None:
    bench.play(Run(f"{PAUSE} 61"), Say("never"))
    async with at_work(bench, bench.start("the first")) as heard:
        await heard.first(ToolBegan)
        began = monotonic()
        await heard.session.cancel()
        turn = await heard.turn()
        assert monotonic() - began < 2.0
        assert (turn.end, turn.failure) == ("cancelled", None)
        bench.play(Say("DONE after"))
        await heard.session.prompt(Message(id="m2", text="the second"))
        assert (await heard.turn(2)).text == "DONE after"
        assert bench.was_told("the first")
    assert len(heard.all(TurnEnded)) == 2


async def cancelled_between_turns(bench: Bench) -> None:
    bench.play(Say("DONE one"), Say("DONE two"))
    async with at_work(bench, bench.start()) as heard:
        await heard.turn()
        await heard.session.cancel()
        await heard.session.prompt(Message(id="m2", text="the second"))
        assert (await heard.turn(2)).text == "DONE two"


async def permissions(bench: Bench) -> None:
    bench.play(Run("touch allowed"), Run("touch refused"), Say("DONE"))
    async with at_work(bench, bench.start(asks=True)) as heard:
        first = await heard.first(PermissionAsked)
        assert not bench.has("allowed")
        assert "touch allowed" in f"{first.title} {first.detail}"
        await heard.session.answer(first.id, allow=True)
        second = await heard.first(PermissionAsked, 2)
        await heard.session.answer(second.id, allow=False)
        await heard.session.answer(second.id, allow=True)  # too late
        turn = await heard.turn()
    assert bench.has("allowed")
    assert not bench.has("refused")
    assert turn.end in ("done", "cancelled")  # some end the turn with a refusal


async def gone_on_with(bench: Bench) -> None:
    bench.play(Say("DONE one"), Say("DONE two"))
    async with at_work(bench, bench.start("the first")) as heard:
        await heard.turn()
    await bench.until_kept("the first")
    conversation = heard.all(ConversationOpened)[-1].id
    async with at_work(bench, bench.start("the second", resume=conversation)) as heard:
        assert (await heard.turn()).text == "DONE two"
        assert bench.was_told("the first")


async def gone_on_with_after_it_was_killed(bench: Bench) -> None:
    """In its turn, with a tool at work: the turn is told to be over, and what was kept before is still known."""
    bench.play(Say("DONE one"), Run(f"{PAUSE} 61"), Say("never"))
    async with at_work(bench, bench.start("the first")) as heard:
        await heard.turn()
        await bench.until_kept("the first")
        await heard.session.prompt(Message(id="m2", text="the second"))
        await heard.first(ToolBegan)
        bench.kill(heard.given)
        turn = await heard.turn(2)
        assert (turn.end, turn.gone) == ("failed", True), turn
    conversation = heard.all(ConversationOpened)[-1].id
    bench.play(Say("DONE three"))
    async with at_work(bench, bench.start("the third", resume=conversation)) as heard:
        assert (await heard.turn()).text.endswith("DONE three")  # copilot says first what may be half done
        assert bench.was_told("the first")
        assert heard.all(ConversationOpened)[0].id == conversation


async def killed_before_it_had_kept_anything(bench: Bench) -> None:
    """As soon as it has a conversation. Where that is found it is gone on with, else begun anew, with other words."""
    bench.play(Hang())
    async with at_work(bench, bench.start("the first")) as heard:
        lost = await heard.first(ConversationOpened)
        bench.kill(heard.given)
        turn = await heard.turn()
        assert (turn.end, turn.gone) == ("failed", True), turn
    bench.play(Say("DONE two"))
    start = bench.start("go on", resume=lost.id, otherwise="you take over")
    async with going_on(bench, start) as heard:
        assert (await heard.turn()).text.endswith("DONE two")  # see copilot, above
        found = heard.all(ConversationOpened)[-1].id == lost.id
        assert (bench.was_told("go on"), bench.was_told("you take over")) == (found, not found)
    assert len(heard.all(TurnEnded)) == 1


async def gone_on_with_or_begun_anew(bench: Bench) -> None:
    """Where there is no such conversation it is begun anew, with other words, as one session."""
    bench.play(Say("DONE"))
    start = bench.start("go on", resume="11111111-1111-4111-8111-111111111111", otherwise="you take over")
    async with going_on(bench, start) as heard:
        assert (await heard.turn()).text == "DONE"
        assert bench.was_told("you take over")
        assert heard.all(ConversationOpened)[-1].id != start.resume
    assert len(heard.all(TurnEnded)) == 1


async def gone_on_with_in_a_copy(bench: Bench) -> None:
    bench.play(Say("DONE"))
    async with at_work(bench, bench.start("the first")) as heard:
        await heard.turn()
    conversation = heard.all(ConversationOpened)[-1].id
    async with at_work(bench, bench.start("the second", resume=conversation, fork=True)) as heard:
        await heard.turn()
    assert heard.all(ConversationOpened)[-1].id != conversation


async def gone_on_with_what_is_not_there(bench: Bench) -> None:
    bench.play(Say("DONE"))
    start = bench.start(resume="11111111-1111-4111-8111-111111111111")
    async with at_work(bench, start) as heard:
        turn = await heard.turn()
    if turn.end == "done":  # it has begun another one, and says so
        assert heard.all(ConversationOpened)[-1].id != start.resume
    else:
        assert turn.failure is not None
        assert turn.failure.kind in ("input", "crash")


def failing(status: int, kind: str) -> Callable[[Bench], Awaitable[None]]:
    async def case(bench: Bench) -> None:
        if status in bench.slow_errors:
            pytest.skip("it goes on trying for longer than a test may take")
        bench.play(Fail(status=status, times=FOREVER, retry_after=1 if status == 429 else None))
        async with at_work(bench, bench.start()) as heard:
            turn = await heard.turn()
        assert turn.end == "failed"
        assert turn.failure is not None
        assert turn.failure.kind == kind, turn.failure

    case.__name__ = f"api_says_{status}"
    return case


async def api_cuts_the_line(bench: Bench) -> None:
    if 0 in bench.slow_errors:
        pytest.skip("it goes on trying for longer than a test may take")
    bench.play(Drop(times=FOREVER))
    async with at_work(bench, bench.start()) as heard:
        turn = await heard.turn()
    assert turn.end == "failed"
    assert turn.failure is not None
    assert turn.failure.kind == "server", turn.failure


async def tries_again(bench: Bench) -> None:
    bench.play(Fail(status=429, times=4, retry_after=1), Say("DONE late"))  # some tell only of the third
    async with at_work(bench, bench.start()) as heard:
        assert (await heard.turn()).text == "DONE late"
        assert heard.all(Retrying)
        assert {one.failure.kind for one in heard.all(Retrying)} == {"rate_limit"}


async def used(bench: Bench) -> None:
    bench.play(Run("true"), Say("DONE one"), Say("DONE two"))
    async with at_work(bench, bench.start()) as heard:
        first = (await heard.turn()).usage
        await heard.session.prompt(Message(id="m2", text="the second"))
        second = (await heard.turn(2)).usage
    for usage, calls in ((first, 2), (second, 1)):
        told = bench.calls(calls)
        assert usage is not None
        assert (usage.fresh, usage.cache_read, usage.output) == (told.fresh, told.cache_read, told.output)
        if "cost" in bench.agent.can:
            assert usage.cost == pytest.approx(told.cost)


async def silent(bench: Bench) -> None:
    bench.play(Hang())
    async with at_work(bench, bench.start(silence=bench.silence)) as heard:
        turn = await heard.turn()
        assert turn.end == "failed"
        assert turn.failure is not None
        assert turn.failure.kind == "silent"


async def a_tool_at_work_is_not_silent(bench: Bench) -> None:
    bench.play(Run(f"{PAUSE} {bench.silence + 0.5}"), Say("DONE"))
    async with at_work(bench, bench.start(silence=bench.silence)) as heard:
        await heard.first(ToolBegan)
        assert (await heard.turn()).end == "done"
    assert [ended.ok for ended in heard.all(ToolEnded)] == [True]


async def out_of_time(bench: Bench) -> None:
    bench.play(Run(f"{PAUSE} 61"), Say("never"))
    start = bench.start(timeout=min(6.0, bench.patience / 3))
    async with at_work(bench, start) as heard:
        assert (await heard.turn()).end == "failed"
        exited = await heard.first(AgentExited)
    assert exited.timed_out
    assert not exited.stopped


async def stopped_at_work(bench: Bench) -> None:
    bench.play(Run(f"{PAUSE} 61 & setsid sleep 61 & sleep 61"), Say("never"))
    async with at_work(bench, bench.start()) as heard:
        await heard.first(ToolBegan)
        await heard.session.stop(grace=0)
        assert bench.alive(heard.given) == []
    assert [turn.end for turn in heard.all(TurnEnded)] == ["cancelled"]


async def stopped_twice_at_once(bench: Bench) -> None:
    bench.play(Hang())
    async with at_work(bench, bench.start()) as heard, anyio.create_task_group() as tasks:
        for _ in range(3):
            tasks.start_soon(lambda: heard.session.stop(grace=0))


async def spoken_to_when_it_is_over(bench: Bench) -> None:
    bench.play(Say("DONE"))
    async with at_work(bench, bench.start()) as heard:
        await heard.turn()
    with pytest.raises(CannotError, match="m9"):
        await heard.session.prompt(Message(id="m9", text="hello?"))


CASES: tuple[tuple[Callable[[Bench], Awaitable[None]], tuple[str, ...]], ...] = (
    (a_turn, ()),
    (tools_and_a_commit, ()),
    (a_tool_that_fails, ()),
    (a_second_turn, ("turns",)),
    (no_turn_within_a_turn, ()),
    (told_within_the_turn, ("steer",)),
    (what_it_cannot_is_said, ()),
    (cancelled, ("cancel", "turns")),
    (cancelled_between_turns, ("cancel", "turns")),
    (permissions, ("permissions",)),
    (gone_on_with, ("resume",)),
    (gone_on_with_after_it_was_killed, ("resume", "turns")),
    (killed_before_it_had_kept_anything, ("resume",)),
    (gone_on_with_or_begun_anew, ("resume",)),
    (gone_on_with_in_a_copy, ("fork",)),
    (gone_on_with_what_is_not_there, ("resume",)),
    (failing(400, "input"), ()),
    (failing(401, "auth"), ()),
    (failing(429, "rate_limit"), ()),
    (failing(500, "server"), ()),
    (api_cuts_the_line, ()),
    (tries_again, ("retries",)),
    (used, ("usage", "turns")),
    (silent, ()),
    (a_tool_at_work_is_not_silent, ()),
    (out_of_time, ()),
    (stopped_at_work, ()),
    (stopped_twice_at_once, ()),
    (spoken_to_when_it_is_over, ()),
)
"""Each case, and what an agent has to be able to for it to be asked."""
