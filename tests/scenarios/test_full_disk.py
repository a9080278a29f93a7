"""A disk that is really full: the town refuses to write, goes on answering, loses nothing, and goes on with room."""

import os
import shutil
import subprocess  # noqa: TID251  only root can mount, and only by the system's own programs
from collections.abc import Iterator
from pathlib import Path

import pytest

SIZE = 96  # MB


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


def fill(folder: Path) -> Path:
    """Take what is left, to the last byte."""
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (1024 * 1024, 4096, 1):
            try:
                while True:
                    file.write(b"x" * size)
            except OSError:
                continue
    assert shutil.disk_usage(folder).free < 64 * 1024
    return ballast


def test_on_a_full_disk_writes_are_refused_reads_go_on_and_all_goes_on_with_room(make_town, doors, small_disk):
    town = make_town(str(small_disk / "town")).install().up()
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
    assert town.ask("verify")["ok"]
    town.end()
