"""A disk with too little room, and one that is really full: the town loses nothing, and goes on by itself with room."""

import os
import shutil
import subprocess  # noqa: TID251  only root can mount, and only by the system's own programs
from collections.abc import Iterator
from pathlib import Path

import pytest

SIZE = 192  # MB
LEAST = 64  # MB, below which no new work is taken


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """An ext4 of its own, mounted."""
    if os.geteuid() != 0 or not Path("/dev/loop-control").exists():
        pytest.skip("needs root and a loop device to mount a small disk")
    image, folder = tmp_path / "disk.img", tmp_path / "disk"
    folder.mkdir()
    with image.open("wb") as file:
        file.truncate(SIZE * 1024 * 1024)
    subprocess.run(["mkfs.ext4", "-q", str(image)], check=True)
    mounted = subprocess.run(["mount", "-o", "loop", str(image), str(folder)], check=False, capture_output=True)
    if mounted.returncode != 0:
        pytest.skip(f"mounting is not allowed here: {mounted.stderr.decode().strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


MB = 1024 * 1024


def fill(folder: Path, leave: int = 0) -> Path:
    """Take what is free but for `leave` bytes; without, to the last byte."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        if leave:
            while shutil.disk_usage(folder).free > leave:
                file.write(b"x" * MB)
            return ballast
        for size in (MB, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    assert shutil.disk_usage(folder).free < 64 * 1024
    return ballast


@pytest.fixture
def town(make_town, small_disk):
    """On the small disk, where the guard lets it work."""
    made = make_town(str(small_disk / "town")).install().up()
    try:
        made.until(of_type("hold.placed"))  # it wants half a gigabyte where nothing else was said
        made.ask("config", "set", "disk.min_free", f"{LEAST}M")
        made.until(of_type("hold.lifted"))
        yield made
        assert made.ask("verify")["ok"]
    finally:
        made.end()


def of_type(tag, after=0):
    return lambda event: event["type"] == tag and event["position"] > after


def held(town):
    return [(hold["cause"], hold["depth"], hold["by"]) for hold in town.ask("status")["holds"]]


def test_below_the_least_no_new_work_is_taken_what_runs_lands_and_with_room_all_goes_on(town, doors, small_disk):
    rig = town.rig("small")
    runs = rig.bead("Run", f"{doors.make('worker')}; echo x > x; git add x; git commit -qm x")
    waits = rig.bead("Wait", "echo y > y; git add y; git commit -qm y")
    rig.sling(runs)
    doors.reached("worker")
    position = town.answer("status").position

    ballast = fill(small_disk, leave=(LEAST - 16) * MB)
    rig.sling(waits)
    town.until(of_type("hold.placed", position))
    assert held(town) == [("disk", "intake", "town")]
    (said,) = town.ask("escalations")
    assert f"disk.min_free is {LEAST} MB" in said["reason"]
    assert town.ask("rig", "show", "small")["state"] == "full"
    doors.open("worker")
    town.lands(runs)
    assert rig.landed() == [runs]
    assert f"disk.min_free is {LEAST} MB" in town.sticks(waits)[waits]["reason"]

    ballast.unlink()
    town.until_type("bead.landed", waits)
    town.until(of_type("hold.lifted", position))  # a session that had its place may have been faster
    assert (held(town), town.ask("escalations")) == ([], [])
    assert len([one for one in town.events() if one["type"] == "hold.placed"]) == 2


def test_on_a_full_disk_writes_are_refused_reads_go_on_and_all_goes_on_with_room(town, doors, small_disk):
    rig = town.rig("small")
    wait = doors.make("worker")
    bead = rig.bead("Outlive a full disk", f"{wait}; echo x > x; git add x; git commit -qm x")
    rig.sling(bead)
    doors.reached("worker")
    before = len(town.events())

    ballast = fill(small_disk)
    assert "disk of the log" in town.refused(3, "bead", "create", "No room for this")
    assert town.show(bead)["state"] == "running"
    assert len(town.events()) == before

    ballast.unlink()
    town.ask("bead", "create", "Room again")
    doors.open("worker")
    town.lands(bead)
    assert rig.landed() == [bead]
    assert held(town) == []
