"""Programs that misbehave, in each language: every one ends in a typed state, nothing of it is left, nothing grows."""

import gc
from pathlib import Path
from typing import Any

import anyio
import psutil
import pytest
from fake_bench import FakeBench, evil
from model_api.script import Say
from turns_contract import at_work

from gastown.adapters.agents.dialogue import NOTHING, Step
from gastown.adapters.agents.port import CannotError, Message, NotTakenError
from gastown.adapters.agents.told import AgentExited, LineDropped, TextSaid, TurnEnded
from gastown.adapters.processes.containment import MEANS, tried
from gastown.adapters.processes.marks import Marks
from gastown.adapters.processes.program import Containment, StartFailedError
from gastown.clock import monotonic, new_id
from gastown.errors import GastownError

VENDORS = ["claude", "codex", "pi", "once"]
MIB = 1024 * 1024


@pytest.fixture
def containment() -> Containment:
    return Marks()


def a_bench(vendor: str, folder: Path, containment: Containment, **given: Any) -> FakeBench:
    return FakeBench(vendor, folder, containment, **given)


@pytest.mark.parametrize("how", ["exit 0", "exit 3", "half"])
@pytest.mark.parametrize("vendor", VENDORS)
async def test_it_is_gone_in_the_middle(vendor: str, how: str, tmp_path: Path, containment: Containment) -> None:
    bench = a_bench(vendor, tmp_path, containment)
    bench.play(evil(how))
    async with at_work(bench, bench.start()) as heard:
        turn = await heard.turn()

    assert (turn.end, turn.failure.kind if turn.failure else "") == ("failed", "crash")


@pytest.mark.parametrize("vendor", VENDORS)
async def test_its_last_line_has_no_end(vendor: str, tmp_path: Path, containment: Containment) -> None:
    if vendor in ("codex", "pi"):
        pytest.skip("says several lines at the end")
    bench = a_bench(vendor, tmp_path, containment)
    bench.play(evil("no_newline"))
    async with at_work(bench, bench.start()) as heard:
        assert (await heard.turn()).end == "done"


@pytest.mark.parametrize("how", ["garbage", f"flood {5 * MIB}", f"long {50 * MIB}"])
@pytest.mark.parametrize("vendor", VENDORS)
async def test_noise_is_passed_over(vendor: str, how: str, tmp_path: Path, containment: Containment) -> None:
    bench = a_bench(vendor, tmp_path, containment)
    bench.play(evil(how), Say("DONE"))
    start = bench.start()
    async with at_work(bench, start) as heard:
        assert (await heard.turn()).text == "DONE"

    assert len(heard.all(LineDropped)) == how.startswith("long")
    if how.startswith("long"):
        assert (start.logs / "output.log").stat().st_size > 50 * MIB  # all of it is kept there


@pytest.mark.parametrize(("how", "file"), [("flood", "output.log"), ("complaints", "errors.log")])
@pytest.mark.parametrize("vendor", ["claude", "once"])
async def test_what_it_prints_is_kept_short(
    vendor: str, how: str, file: str, tmp_path: Path, containment: Containment
) -> None:
    bench = a_bench(vendor, tmp_path, containment)
    bench.play(evil(f"{how} {20 * MIB}"), Say("DONE one"), evil(f"{how} {5 * MIB}"), Say("DONE two"))
    start = bench.start(most_output=2 * MIB)
    async with at_work(bench, start) as heard:
        assert (await heard.turn()).text == "DONE one"
        await heard.session.prompt(Message(id="m2", text="go on"))
        assert (await heard.turn(2)).text == "DONE two"

    kept = (start.logs / file).read_bytes()
    assert len(kept) < 2 * MIB + 8192
    assert b"bytes of output are left out here: output.max" in kept
    assert b"DONE one" not in kept
    assert b"DONE two" in (start.logs / "output.log").read_bytes()


@pytest.mark.parametrize("vendor", VENDORS)
async def test_it_ends_its_turn_twice(vendor: str, tmp_path: Path, containment: Containment) -> None:
    bench = a_bench(vendor, tmp_path, containment)
    bench.play(evil("twice"), Say("DONE two"))
    async with at_work(bench, bench.start()) as heard:
        assert (await heard.turn()).end == "done"
        await heard.session.prompt(Message(id="m2", text="go on"))
        assert (await heard.turn(2)).end == "done"

    assert len(heard.all(TurnEnded)) == 2


@pytest.mark.parametrize("vendor", VENDORS)
async def test_it_ignores_cancel_and_sigterm(vendor: str, tmp_path: Path, containment: Containment) -> None:
    bench = a_bench(vendor, tmp_path, containment)
    bench.play(evil("deaf"))
    async with at_work(bench, bench.start()) as heard:
        await heard.first(TextSaid)
        began = monotonic()
        await heard.session.cancel()
        turn = await heard.turn()
        took = monotonic() - began
        if vendor != "once":
            await heard.first(AgentExited)
            with pytest.raises(CannotError):
                await heard.session.prompt(Message(id="m2", text="go on"))

    assert turn.end == "cancelled"
    assert took < 2.5  # 2 s are promised; the machine of a test may be busy
    if vendor != "once":  # its process is its turn
        assert turn.failure is not None
        assert "killed" in turn.failure.message


class Unheard:
    """Of what is said to it, nothing arrives."""

    def __init__(self, session: Any) -> None:
        self.ended = session._dialogue.ended

    def prompt(self, message: Message) -> Step:
        return NOTHING


@pytest.mark.parametrize("vendor", ["claude", "codex", "pi"])
async def test_it_never_answers(
    vendor: str, tmp_path: Path, containment: Containment, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = a_bench(vendor, tmp_path, containment, patience=0.5)
    bench.play(Say("DONE"), evil("mute"))
    async with at_work(bench, bench.start(silence=1.5)) as heard:
        await heard.turn()
        monkeypatch.setattr(heard.session, "_dialogue", Unheard(heard.session))
        with pytest.raises(NotTakenError, match="m2"):
            await heard.session.prompt(Message(id="m2", text="go on"))
        turn = await heard.turn(2)

    assert (turn.end, turn.failure.kind if turn.failure else "") == ("failed", "silent")


@pytest.mark.parametrize("vendor", ["claude", "codex", "pi"])
async def test_it_does_not_read_what_we_say(vendor: str, tmp_path: Path, containment: Containment) -> None:
    bench = a_bench(vendor, tmp_path, containment, patience=0.5)
    bench.play(evil("blind"))
    async with at_work(bench, bench.start()) as heard:
        await heard.first(TextSaid)
        for number in range(3):
            if vendor == "codex":
                break  # its own reader goes on
            with pytest.raises(NotTakenError) if vendor == "claude" else _anything():
                await heard.session.steer(Message(id=f"m{number}", text="x" * 3 * MIB))
        await heard.session.cancel()
        assert (await heard.turn()).end == "cancelled"


class _anything:  # noqa: N801  a context
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


@pytest.mark.parametrize("how", ["children", "away", "closed"])
@pytest.mark.parametrize("vendor", VENDORS)
async def test_what_it_leaves_behind_is_ended(vendor: str, how: str, tmp_path: Path, containment: Containment) -> None:
    bench = a_bench(vendor, tmp_path, containment)
    bench.play(evil(how))
    start = bench.start()
    async with at_work(bench, start) as heard:
        turn = await heard.turn()
        if vendor != "once":
            await heard.first(AgentExited)
            assert bench.alive(start) == []

    assert turn.end == ("done" if how == "children" else "failed")


@pytest.mark.parametrize("means", MEANS)
async def test_by_all_means_of_containment(means: str, tmp_path: Path) -> None:
    try:
        containment = await tried(MEANS[means], ("GT_TOWN_MARK", new_id()))
    except (GastownError, OSError) as error:
        pytest.skip(f"no {means} here: {error}")
    bench = a_bench("claude", tmp_path, containment)
    bench.play(Say("DONE"), evil("away"))
    async with at_work(bench, bench.start()) as heard:
        await heard.turn()
        await heard.session.prompt(Message(id="m2", text="go on"))
        assert (await heard.turn(2)).end == "failed"
        await heard.first(AgentExited)
    containment.close()


async def test_a_program_that_is_not_there(tmp_path: Path, containment: Containment) -> None:
    bench = a_bench("claude", tmp_path, containment)
    bench._program.unlink()
    with pytest.raises(StartFailedError):
        await bench.agent.start(bench.start())


async def test_a_long_stream_does_not_grow_the_host(tmp_path: Path, containment: Containment) -> None:
    bench = a_bench("claude", tmp_path, containment)
    bench.patience = 60.0
    bench.play(evil(f"long {100 * MIB}"), evil(f"flood {100 * MIB}"), Say("DONE"))
    gc.collect()
    own, most = psutil.Process(), 0
    before = own.memory_info().rss

    async def sample() -> None:
        nonlocal most
        while True:
            most = max(most, own.memory_info().rss)
            await anyio.sleep(0.01)

    start = bench.start()
    began = monotonic()
    async with anyio.create_task_group() as tasks:
        tasks.start_soon(sample)
        async with at_work(bench, start) as heard:
            assert (await heard.turn()).text == "DONE"
        tasks.cancel_scope.cancel()
    took, size = monotonic() - began, (start.logs / "output.log").stat().st_size
    grown = (most - before) / MIB

    print(f"{size / MIB:.0f} MiB at {size / MIB / took:.0f} MiB/s, grown by {grown:.1f} MiB")  # noqa: T201
    assert size > 199 * MIB
    assert grown < 40


async def test_an_agent_that_nobody_listens_to_waits(tmp_path: Path, containment: Containment) -> None:
    bench = a_bench("claude", tmp_path, containment)
    bench.play(evil("endless"))
    start = bench.start()
    session = await bench.agent.start(start)
    events = session.events()
    await anext(events)
    await anyio.sleep(1.0)  # in which it could have said a lot

    assert (start.logs / "output.log").stat().st_size <= 2 * MIB
    await session.stop(grace=0)
    assert [type(event) async for event in events][-1] is AgentExited
    assert bench.alive(start) == []
