"""Each part brings its figures, each beside a floor measured in the same run; what it says is true of real towns."""

import os
import re
import signal
import sys
from pathlib import Path

import anyio
import msgspec
import psutil
import pytest
from anyio.streams.text import TextReceiveStream

from gastown.bench.figure import NotMeasuredError
from gastown.bench.origin import demand_landed, land_by_hand, make_origin
from gastown.bench.programs import git_environment, timed
from gastown.bench.run import PARTS, Ground, Report, measure_parts
from gastown.bench.size import Size

FIGURES = {
    "append": {"durable append, p50", "durable append, p99"},
    "replay": {"replay and fold", "the same"},
    "calls": {"cold gt ready, p50", "cold gt bead show, p50", "cold gt ready of a worker, p50"},
    "sling": {
        "sling to process started, p50",
        "sling to process started, p99",
        "2 slung at once, to process started, p50",
        "2 slung at once, to process started, p99",
    },
    "agents": {
        "sling to an agent's process started, p50",
        "agent's line to peek --follow, 2 busy, p50",
        "agent's line to peek --follow, 2 busy, p99",
        "host with 2 commands and 2 busy agents",
    },
    "landing": {"4 beads to landed, 2 workers"},
    "idle": {
        "idle: CPU of all four",
        "idle: events",
        "RSS of daemon",
        "RSS of nats",
        "RSS of town",
        "RSS of host",
    },
    "growth": {
        "a landed bead takes",
        "of it the log",
        "of it the rigs' git",
        "the rigs' git once packed",
        "of it output, kept some days",
        "an idle day takes",
    },
    "loading": {"an owner loaded"},
    "towns": {
        "append to visible at the hub, p50",
        "append to visible at the hub, p99",
        "append to arrival in another town, p50",
        "append to arrival in another town, p99",
        "the hub catches up",
        "another town's log read at the hub",
    },
    "hub": {
        "hub's memory for an idle town of 2",
        "append to read at the hub, 2 towns at work, p50",
        "append to read at the hub, 2 towns at work, p99",
        "durable append without the hub, p50",
        "gt hub up to copies that go on",
        "the hub catches up after it was away",
    },
    "start": {"up after a clean stop", "up after SIGKILL of all", "up without a snapshot"},
}


NOTHING = ("idle: events", "an idle day takes")


@pytest.fixture(autouse=True)
def _no_town_around(monkeypatch: pytest.MonkeyPatch):
    for name in ("GT_NATS_URL", "GT_TOWN", "GT_SESSION"):
        monkeypatch.delenv(name, raising=False)


async def measured(folder: Path, tiny: Size, part: str) -> Report:
    report = await measure_parts(folder, tiny, lambda _: None, {part: PARTS[part]})
    assert report.not_measured == ()
    return report


SLOW = {"agents", "start", "growth"}


@pytest.mark.parametrize("part", [pytest.param(one, marks=[pytest.mark.long] * (one in SLOW)) for one in PARTS])
async def test_every_figure_of_a_part_stands_beside_a_floor_and_no_process_is_left(
    part: str, tmp_path: Path, tiny: Size
):
    report = await measured(tmp_path, tiny, part)
    names = {re.sub(r", [\d,]+ (events|messages)$", "", figure.name) for figure in report.figures}
    assert names == FIGURES[part]
    for figure in report.figures:
        assert figure.floor_is
        assert (figure.floor > 0) == (figure.name not in NOTHING)
        assert (figure.value > 0) == (figure.name not in NOTHING)
        assert (figure.ok is None) == (figure.budget == "")
    assert not left_of(tmp_path)


def left_of(folder: Path) -> list[str]:
    """The command lines of all processes that have to do with `folder`."""
    lines = [" ".join(process.info["cmdline"] or ()) for process in psutil.process_iter(["cmdline"])]
    return [line for line in lines if str(folder) in line]


async def test_told_to_stop_it_leaves_neither_process_nor_file(tmp_path: Path):
    gt = str(Path(sys.executable).with_name("gt"))
    async with await anyio.open_process((gt, "bench", "--quick"), env=os.environ | {"TMPDIR": str(tmp_path)}) as bench:
        assert bench.stderr is not None
        said = TextReceiveStream(bench.stderr)
        with anyio.fail_after(60):
            while "replay" not in await said.receive():
                continue
        bench.send_signal(signal.SIGTERM)
        with anyio.fail_after(30):
            assert await bench.wait() == 130
    assert not left_of(tmp_path)
    assert os.listdir(tmp_path) == []


async def test_as_json_a_figure_has_the_shape_that_scripts_rely_on(tmp_path: Path, tiny: Size):
    data = msgspec.json.decode(msgspec.json.encode(await measured(tmp_path, tiny, "append")))
    first = data["figures"][0]
    assert set(first) == {"name", "unit", "value", "floor", "floor_is", "ratio", "budget", "ok"}
    assert first["ratio"] == pytest.approx(first["value"] / first["floor"])
    assert 0 < first["value"] < 1000  # milliseconds; a second would be no append but an accident


async def test_a_part_that_cannot_be_measured_is_named_and_the_others_are_measured(tmp_path: Path, tiny: Size):
    async def cannot(_: Ground):
        raise NotMeasuredError("no disk to measure")

    async def fails(_: Ground):
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(lambda: anyio.sleep(1 / 0))

    parts = {"disk": cannot, "bench": fails, "append": PARTS["append"]}
    report = await measure_parts(tmp_path, tiny, lambda _: None, parts)
    assert [(failed.part, failed.reason) for failed in report.not_measured] == [
        ("disk", "no disk to measure"),
        ("bench", "ZeroDivisionError: division by zero"),
    ]
    assert {figure.name for figure in report.figures} == FIGURES["append"]


async def test_the_script_lands_what_it_says_and_a_shortfall_is_noticed(tmp_path: Path):
    await make_origin(tmp_path / "rig")
    await land_by_hand(tmp_path / "rig", 1, 2)
    await demand_landed(tmp_path / "rig", 2, "the script")
    with pytest.raises(NotMeasuredError, match="2 of 3"):
        await demand_landed(tmp_path / "rig", 3, "the script")


async def test_a_program_that_fails_is_no_fast_program(tmp_path: Path):
    with pytest.raises(NotMeasuredError, match=r"exit 3.*too soon"):
        await timed(("sh", "-c", "echo too soon; exit 3"), tmp_path, git_environment())


async def test_a_part_that_there_is_not_is_named_beside_those_there_are():
    gt = str(Path(sys.executable).with_name("gt"))
    done = await anyio.run_process((gt, "bench", "--only", "append", "--only", "hope"), check=False)
    assert done.returncode == 2
    assert b"no part hope" in done.stderr
    assert b"append, replay" in done.stderr
