"""backup and restore, killed at any moment: the place is as it was or whole, and the next run clears what was left."""

import os
import signal
import subprocess  # noqa: TID251  a person's command, which is killed
import sys
from pathlib import Path

import pytest

from gastown import config
from gastown.adapters.processes import census
from gastown.errors import RefusedError
from gastown.moving import archive, making

pytestmark = pytest.mark.timeout(300)

POINTS = (0.3, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.2)
"""Seconds after the start; an undisturbed run takes about one."""


class Gt:
    def __init__(self, folder: Path) -> None:
        outer = {name: value for name, value in os.environ.items() if not name.startswith(("GT_", "XDG_RUNTIME"))}
        self.environment = {**outer, "HOME": str(folder / "home")}
        (folder / "home").mkdir()
        self.folder = folder

    def start(self, *words: str) -> "subprocess.Popen[str]":
        command = [sys.executable, "-m", "gastown_cli", *words]
        pipe = subprocess.PIPE
        return subprocess.Popen(command, env=self.environment, cwd=self.folder, stdout=pipe, stderr=pipe, text=True)

    def __call__(self, *words: str) -> None:
        with self.start(*words) as running:
            _, err = running.communicate(timeout=60)
        assert running.returncode == 0, err

    def kill(self, after: float, *words: str) -> bool:
        """Whether it was killed; False when it had ended before."""
        with self.start(*words) as running:
            try:
                running.wait(after)
            except subprocess.TimeoutExpired:
                running.send_signal(signal.SIGKILL)
        return running.returncode == -signal.SIGKILL

    def servers(self) -> list[int]:
        mark = f"\0HOME={self.folder / 'home'}\0".encode()
        return [pid for pid in census.pids() if mark in census.environment(pid) and census.start_time(pid)]


@pytest.fixture
def gt(tmp_path: Path) -> Gt:
    made = Gt(tmp_path)
    made("install", str(tmp_path / "town"))
    made("--town", str(tmp_path / "town"), "up")
    made("--town", str(tmp_path / "town"), "bead", "create", "One")
    made("--town", str(tmp_path / "town"), "down")
    return made


def test_a_killed_backup_leaves_no_half_file_and_the_next_one_clears_up(gt: Gt, tmp_path: Path) -> None:
    place = tmp_path / "kept"
    place.mkdir()
    backup = ("--town", str(tmp_path / "town"), "backup", str(place / "b"))
    killed = 0
    for after in POINTS:
        killed += gt.kill(after, *backup)
        if (place / "b").exists():
            archive.read(place / "b")
        assert [path.name for path in place.iterdir() if not path.name.startswith(".")] in ([], ["b"])
    assert killed > 2
    gt(*backup)
    archive.read(place / "b")
    assert os.listdir(place) == ["b"]
    assert gt.servers() == []


def test_a_killed_restore_leaves_no_half_town_and_the_next_one_clears_up(gt: Gt, tmp_path: Path) -> None:
    gt("--town", str(tmp_path / "town"), "backup", str(tmp_path / "b"))
    (tmp_path / "town").rename(tmp_path / "gone")
    place = tmp_path / "places"
    place.mkdir()
    again = place / "again"
    killed = 0
    for after in POINTS:
        killed += gt.kill(after, "restore", str(tmp_path / "b"), str(again))
        if again.exists():  # whole, then: it was killed at its last words, or not at all
            config.load(again)
            again.rename(place / f"whole-{after}")
    assert killed > 2
    gt("restore", str(tmp_path / "b"), str(again), "--name", "again")
    assert [name for name in os.listdir(place) if name.startswith(".")] == []
    assert gt.servers() == []
    gt("--town", str(again), "up")
    gt("--town", str(again), "verify")
    gt("--town", str(again), "down")


def test_a_backup_that_was_killed_leaves_no_server_on_the_log_beside_the_towns(gt: Gt, tmp_path: Path) -> None:
    for after in (0.6, 0.8):
        gt.kill(after, "--town", str(tmp_path / "town"), "backup", str(tmp_path / "b"))
    gt("--town", str(tmp_path / "town"), "up")
    on_the_log = [pid for pid in gt.servers() if b"nats-server" in Path(f"/proc/{pid}/cmdline").read_bytes()]
    gt("--town", str(tmp_path / "town"), "down")
    assert len(on_the_log) == 1


def test_what_another_run_is_busy_with_is_not_swept(tmp_path: Path) -> None:
    busy, left = tmp_path / ".b.01AB.parts", tmp_path / ".b.01AC.parts"
    for folder in (busy, left, tmp_path / ".c.01AD.parts"):
        folder.mkdir()
    with making._in_use(busy):
        making.sweep(tmp_path / "b")
    assert sorted(os.listdir(tmp_path)) == [".b.01AB.parts", ".c.01AD.parts"]


def test_the_top_of_a_disk_is_refused_with_the_next_step() -> None:
    with pytest.raises(RefusedError, match="top of a disk") as refused:
        making.refuse_used(Path("/proc"))
    assert refused.value.hint == "give a folder in it"
