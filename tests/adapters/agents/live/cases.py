"""What the real programs are asked to show: all of `turns_contract`, and what only a real program can show."""

import shutil
from collections.abc import Awaitable, Callable, Mapping

import anyio
import pytest
import turns_contract
from model_api.script import FOREVER, Fail, Hang, Run, Say, Tokens, Use
from turns_contract import Heard, at_work, failing

from gastown.adapters.agents.port import Capability, Message, Server
from gastown.adapters.agents.told import ContextCompacted, ConversationOpened, PermissionAsked, ToolBegan
from gastown.events.turn import Usage
from live.bench import TELLS_NO_CACHE, LiveBench
from live.little_server import command as little_server
from live.little_town import LittleTown

COMMIT = "echo work > work.txt && git add work.txt && git commit -q -m 'The work' && echo has-committed"
ASKS_LITTLE = ("gemini", "qwen", "claude-acp", "codex-acp")
GIVE_UP = ("codex-acp",)
"""On a 429 they do not try again."""
LONG = "while sleep 0.2; do :; done; echo 86399"
"""A command that no test waits for, and that is found among the processes by its end."""
FILLED = 250_000
"""Tokens that fill the window of each model."""
CANCEL = 2.0
"""Seconds for a turn to end, with all that it began, once it is to."""


async def work_and_its_bill(bench: LiveBench) -> None:
    """The commit is there, and what was used is what the API's meter says, each kind of token."""
    bench.play(Run(COMMIT), Say("All is done."))
    async with at_work(bench, bench.start()) as heard:
        ended = await heard.turn()

    assert (ended.end, bench.commits()) == ("done", ["The work", "First"])
    assert bench.was_told("has-committed")
    if "usage" in bench.agent.can:
        used, told = bench.meter().tokens, ended.usage
        cached = 0 if bench.vendor in TELLS_NO_CACHE else used.cache_read
        fresh = used.fresh + used.cache_read - cached
        assert told == Usage(fresh=fresh, cache_read=cached, output=used.output, cost=told.cost if told else None)


async def behind_walls(bench: LiveBench) -> None:
    """It works as ever, and sees nothing that was not named."""
    if shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    walls = bench.walls()
    bench.play(Run(f"cat {bench.worktree}/../../secret || echo nothing > seen; {COMMIT}"), Say("All is done."))
    async with at_work(bench, bench.start(walls=walls)) as heard:
        ended = await heard.turn()
    assert (ended.end, bench.commits()) == ("done", ["The work", "First"])
    assert bench.has("seen")


async def asks_for_everything(bench: LiveBench) -> None:
    """Also for what it takes for harmless, and whatever the project's own settings allow."""
    if bench.vendor in ASKS_LITTLE:
        pytest.skip("it does not ask for what it takes for harmless")
    settings = bench.worktree / ".claude"
    settings.mkdir()
    (settings / "settings.json").write_text('{"permissions": {"allow": ["Bash(*)", "Bash"]}}')
    bench.play(Run("git status"), Run("echo x > x"), Say("All is done."))
    async with at_work(bench, bench.start(asks=True)) as heard:
        for number in (1, 2):
            ask = await heard.first(PermissionAsked, number)
            await heard.session.answer(ask.id, allow=True)
        await heard.turn()


async def its_price(bench: LiveBench) -> None:
    bench.play(Say("Done."))
    async with at_work(bench, bench.start()) as heard:
        ended = await heard.turn()

    assert ended.usage is not None
    assert ended.usage.cost == pytest.approx(bench.calls(1).cost)


async def cancelled_with_what_it_began(bench: LiveBench) -> None:
    bench.play(Run(LONG), Say("I go on."))
    async with at_work(bench, bench.start()) as heard:
        await heard.first(ToolBegan)
        await bench.until(lambda: bench.runs("echo 86399"))
        before = anyio.current_time()
        await heard.session.cancel()
        ended = await heard.turn()
        await bench.until(lambda: not bench.runs("echo 86399"))
        took = anyio.current_time() - before
        await heard.session.prompt(Message(id="m2", text="Go on"))
        further = await heard.turn(2)

    assert ended.end == "cancelled"
    assert took <= CANCEL
    assert (further.end, further.text) == ("done", "I go on.")


async def cancelled_while_its_api_hangs(bench: LiveBench) -> None:
    bench.play(Hang())
    async with at_work(bench, bench.start()) as heard:
        await bench.until(lambda: bench.meter().requests)
        before = anyio.current_time()
        await heard.session.cancel()
        ended = await heard.turn()

    assert ended.end == "cancelled"
    assert anyio.current_time() - before <= CANCEL + 0.5


async def a_refusal_is_told(bench: LiveBench) -> None:
    bench.play(Run(COMMIT), Say("I was not let."))
    async with at_work(bench, bench.start(asks=True)) as heard:
        ask = await heard.first(PermissionAsked)
        await heard.session.answer(ask.id, allow=False)
        ended = await heard.turn()

    assert bench.commits() == ["First"]
    assert ended.denied
    assert ended.failure is None


async def a_server(bench: LiveBench) -> None:
    """A tool of an MCP server that it was started with."""
    bench.play(Use("hook", {"question": "what is on it?"}), Say("I looked."))
    server = Server(name="town", command=little_server(), environment={"HOOKED": "gt-17"})
    async with at_work(bench, bench.start(servers=(server,))) as heard:
        ended = await heard.turn()

    assert ended.end == "done"
    assert bench.was_told("on the hook: gt-17, asked: what is on it?")
    assert bench.files() == []


async def the_towns_tools(bench: LiveBench) -> None:
    """`gt mcp`, as every session is given it."""
    bench.play(Use("bead_show", {"bead": "ap-17"}), Say("I looked."))
    town = LittleTown(bench.town)
    async with (
        town.open({"id": "ap-17", "title": "Mend the roof"}) as server,
        at_work(bench, bench.start(servers=(server,))) as heard,
    ):
        ended = await heard.turn()

    assert ended.end == "done", ended
    assert bench.was_told("Mend the roof")
    (asked,) = town.asked
    params = {name: asked["params"][name] for name in ("bead", "session", "token")}
    assert (asked["method"], params) == ("bead.show", {"bead": "ap-17", "session": "ap-1-1", "token": "t0ken"})


async def instructions(bench: LiveBench) -> None:
    """They reach the model, and no file of the project."""
    bench.play(Say("I will."))
    async with at_work(bench, bench.start(instructions="You are a polecat named Toast.")) as heard:
        await heard.turn()

    assert bench.was_told("You are a polecat named Toast.")
    assert bench.files() == []


async def its_context_is_compacted(bench: LiveBench) -> None:
    """Where its API says that the conversation fills its window, or where it is told to, it makes a summary."""
    bench.play(Run("true"), Say("One", Tokens(fresh=FILLED)), Say("What was before."), Say("DONE"))
    async with at_work(bench, bench.start()) as heard:
        await heard.turn()
        if not heard.all(ContextCompacted):
            asked = "/compact" if "claude" in bench.vendor else "Go on"
            await heard.session.prompt(Message(id="m2", text=asked))
            await heard.turn(2)
    assert heard.all(ContextCompacted)


async def asked_in_a_copy(bench: LiveBench) -> None:
    """From another folder, and let use nothing; nothing of it is kept, and the original knows nothing of it."""
    bench.play(Say("DONE one"))
    async with at_work(bench, bench.start("the first")) as heard:
        await heard.turn()
    conversation, before = heard.all(ConversationOpened)[-1].id, bench.kept()
    elsewhere = bench.worktree.parent / "elsewhere"
    elsewhere.mkdir()
    bench.play(Run("touch changed"), Say("Because."))
    given = {"resume": conversation, "fork": True, "aside": bench.worktree, "asks": True, "worktree": elsewhere}
    async with at_work(bench, bench.start("why is it so?", **given)) as heard, anyio.create_task_group() as tasks:
        tasks.start_soon(_refuse_all, heard)
        assert (await heard.turn()).text == "Because."
        assert bench.was_told("the first")
        assert bench.was_told("why is it so?")
        tasks.cancel_scope.cancel()
    assert list(elsewhere.iterdir()) == []
    assert bench.kept() == before
    bench.play(Say("DONE three"))
    async with at_work(bench, bench.start("the third", resume=conversation)) as heard:
        await heard.turn()
        assert bench.was_told("the first")
        assert not bench.was_told("why is it so?")


async def _refuse_all(heard: Heard) -> None:
    number = 0
    while True:
        number += 1
        ask = await heard.first(PermissionAsked, number)
        await heard.session.answer(ask.id, allow=False)


async def api_says_429_and_not_when(bench: LiveBench) -> None:
    bench.play(Fail(status=429, times=FOREVER))
    async with at_work(bench, bench.start()) as heard:
        turn = await heard.turn()

    assert turn.failure is not None
    assert turn.failure.kind == "rate_limit", turn.failure


async def api_says_429_twice(bench: LiveBench) -> None:
    if bench.vendor in GIVE_UP:
        pytest.skip("it does not try again")
    bench.play(Fail(status=429, times=2, retry_after=1), Run(COMMIT), Say("All is done."))
    async with at_work(bench, bench.start()) as heard:
        ended = await heard.turn()

    assert (ended.end, bench.commits()) == ("done", ["The work", "First"])


Case = Callable[[LiveBench], Awaitable[None]]

_REAL: tuple[tuple[Case, tuple[Capability, ...]], ...] = (
    (work_and_its_bill, ()),
    (behind_walls, ()),
    (asks_for_everything, ("permissions",)),
    (its_price, ("cost",)),
    (cancelled_with_what_it_began, ("cancel", "turns")),
    (cancelled_while_its_api_hangs, ("cancel",)),
    (a_refusal_is_told, ("permissions",)),
    (a_server, ("servers",)),
    (the_towns_tools, ("servers",)),
    (instructions, ("instructions",)),
    (asked_in_a_copy, ("fork",)),
    (its_context_is_compacted, ("compactions",)),
    (api_says_429_and_not_when, ()),
    (api_says_429_twice, ()),
    (failing(529, "server"), ()),
)

CASES: Mapping[str, tuple[Case, tuple[str, ...]]] = {
    case.__name__: (case, needs) for case, needs in (*_REAL, *turns_contract.CASES)
}
"""By name: what is done, and what an agent must be able to do for it."""

QUICK = (
    "work_and_its_bill",
    "cancelled_with_what_it_began",
    "told_within_the_turn",
    "permissions",
    "gone_on_with",
    "api_says_429",
    "silent",
)
"""Those that every run of CI can afford."""
