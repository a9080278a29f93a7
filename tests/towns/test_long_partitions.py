"""The rest of what may happen to links and machines, a minute or so each: under --long alone."""

import os
import signal
import subprocess  # noqa: TID251  tests run the real programs
from collections.abc import Callable, Iterator
from pathlib import Path

import anyio
import pytest
from field import Field, Outcome

from gastown.clock import monotonic

Check = Callable[[Outcome], None]
AWAY = 30.0
"""Seconds of a cut: longer than anything that waits for an answer."""

pytestmark = [pytest.mark.timeout(900), pytest.mark.long]


@pytest.mark.parametrize("deaf", ["town", "hub"])
async def test_one_way_of_a_link_is_cut(field: Field, nothing_lost: Check, deaf: str):
    a = field.towns[0]
    blind, other = (field.hub, a) if deaf == "town" else (a, field.hub)
    await field.cross()
    blind.blind_to(other)
    await field.write(200)
    await field.cross()
    await anyio.sleep(AWAY)
    blind.sees(other)
    nothing_lost(await field.judge(f"one way: nothing comes to the {deaf}", monotonic()))


async def test_the_hub_s_machine_goes_down_and_comes_up(field: Field, nothing_lost: Check):
    await field.cross()
    field.switch.unplug(field.hub)
    field.hub.kill()
    await field.write(200)
    await field.cross()
    await anyio.sleep(AWAY)
    field.switch.plug(field.hub)
    await anyio.to_thread.run_sync(field.hub_up)
    nothing_lost(await field.judge("the hub's machine down and up", monotonic()))


async def test_a_town_is_killed_during_a_hand_over(field: Field, nothing_lost: Check):
    a, b = field.towns
    for _ in range(3):
        field.sling(a, b)
    field.sling(b, a)
    b.kill()
    await field.write(200, towns=[a])
    await anyio.to_thread.run_sync(b.ask, "up")
    nothing_lost(await field.judge("a town killed during hand-overs", monotonic()))


async def test_the_town_that_gives_is_killed_during_a_hand_over(field: Field, nothing_lost: Check):
    a, b = field.towns
    for _ in range(3):
        field.sling(a, b)
    a.kill()
    await field.write(200, towns=[b])
    await anyio.to_thread.run_sync(a.ask, "up")
    nothing_lost(await field.judge("the giving town killed during hand-overs", monotonic()))


async def test_a_town_is_frozen_for_longer_than_the_hub_waits(field: Field, nothing_lost: Check):
    a, b = field.towns
    field.sling(a, b)
    field.sling(b, a)
    b.signal_all(signal.SIGSTOP)
    await field.write(200, towns=[a])
    await anyio.sleep(2 * AWAY)
    b.signal_all(signal.SIGCONT)
    nothing_lost(await field.judge("a town frozen for a minute", monotonic()))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A place for a hub, of 48 MB."""
    folder = tmp_path / "hub"
    folder.mkdir()
    made = subprocess.run(
        ("mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(folder)), check=False, capture_output=True, timeout=20
    )
    if made.returncode:
        pytest.skip(f"nothing can be mounted here: {made.stderr}")
    yield folder
    subprocess.run(("umount", "--lazy", str(folder)), check=True, timeout=20)


async def test_the_hub_s_disk_is_full(small_disk: Path, nothing_lost: Check):
    field = Field(small_disk.parent, name="full")
    try:
        field.build()
        await field.cross()
        ballast = small_disk / "ballast"
        fill(ballast)
        await field.write(2000)
        await field.cross()
        await anyio.sleep(AWAY)
        ballast.unlink()
        nothing_lost(await field.judge("the hub's disk full", monotonic()))
    finally:
        field.close()


def fill(ballast: Path) -> None:
    """All that is free."""
    with ballast.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError:
            os.fsync(file.fileno())
    assert os.statvfs(ballast).f_bavail == 0
