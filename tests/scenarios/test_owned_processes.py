"""What workers and gates start is the town's, and only that: it goes with them, and nobody else does."""

import os
import shlex
import signal
import subprocess  # noqa: TID251  bystanders
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from gastown.adapters.processes.census import HAS_PROC, pids, runs, see, start_time

pytestmark = pytest.mark.skipif(not HAS_PROC, reason="only Linux can hold everything")

COMMIT = 'git add .; git commit -qm "work"'
LIMIT = 10.0
"""Seconds until all is gone: what is promised."""

HIDE = """
import os, signal, sys
for _ in range(2):
    if os.fork(): os._exit(0)
    os.setsid()
for number in (signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
os.chdir("/")
os.closerange(0, 64)
os.execve(sys.argv[1], ["[kworker/0:0]", "600"], {})
"""
"""A daemon of its own, under another name, deaf, without environment, with nothing open."""


class Hidden:
    """Daemons that hide in all ways but one: the kernel knows what program they run."""

    def __init__(self, folder: Path) -> None:
        self.sleep = folder / "hidden-sleep"
        self.sleep.write_bytes(Path("/bin/sleep").read_bytes())
        self.sleep.chmod(0o755)
        (folder / "hide.py").write_text(HIDE)
        self.script = f"{sys.executable} {folder}/hide.py {self.sleep}"

    def running(self) -> list[int]:
        found = []
        for pid in pids():
            with suppress(OSError):
                if os.readlink(f"/proc/{pid}/exe") == str(self.sleep) and start_time(pid):
                    found.append(pid)
        return found

    def are(self, count: int, seconds: float = 60.0) -> None:
        """Returns when there are so many."""
        limit = time.monotonic() + seconds
        while len(self.running()) != count:
            assert time.monotonic() < limit, self.running()


@pytest.fixture
def hidden(tmp_path):
    made = Hidden(tmp_path)
    yield made
    for pid in made.running():
        os.kill(pid, signal.SIGKILL)


@pytest.fixture
def canary(town, hidden):
    """Looks like what is hidden, and is another town's."""
    copy = hidden.sleep.with_name("canary")
    copy.write_bytes(hidden.sleep.read_bytes())
    copy.chmod(0o755)
    marks = {"GT_TOWN_MARK": "another", "GT_MARK": "another/can-1-1"}
    process = subprocess.Popen(["[kworker/0:0]", "600"], executable=copy, env=marks, start_new_session=True)
    yield process
    assert process.poll() is None
    process.kill()
    process.wait()


def test_what_a_worker_and_a_gate_leave_behind_is_gone_with_them(town, hidden, canary):
    gate = f"{hidden.script}; while [ ! -e {town.story}/judged ]; do sleep 0.05; done"
    rig = town.rig("left", "--no-check", gate=gate)
    bead = rig.bead("Leave something", f"{hidden.script}; echo it > it; {COMMIT}; while [ ! -e $STORY/go ]; do :; done")
    rig.sling(bead)
    hidden.are(1)
    assert town.ask("agents", "--orphans") == []
    (town.story / "go").touch()
    town.until_type("session.ended", f"{bead}-1")
    (left,) = hidden.running() or [0]
    hidden.are(1)  # the gate's
    assert hidden.running() != [left] or not left
    (town.story / "judged").touch()
    town.lands(bead)
    hidden.are(0, LIMIT)


@pytest.mark.parametrize("together", [("host",), ("host", "daemon"), ("host", "daemon", "town")], ids="+".join)
def test_what_hides_does_not_outlive_its_host(town, hidden, canary, together):
    rig = town.rig(f"killed-{'-'.join(together)}")
    script = f"case $GT_SESSION in *-1) {hidden.script}; sleep 600 ;; *) echo it > it; {COMMIT} ;; esac"
    bead = rig.bead("Hide", script)
    rig.sling(bead)
    hidden.are(1)
    known = town.pids()
    for name in together:
        os.kill(known[name], signal.SIGKILL)
    hidden.are(0, LIMIT)
    town.ask("up")
    town.lands(bead)
    assert [outcome for outcome, _, _ in town.sessions(bead)] == ["interrupted"]


def test_the_doctor_finds_and_ends_what_is_left_over(town, canary):
    incarnation = (town.path / "town.toml").read_text().split('incarnation = "')[1].split('"')[0]
    marks = {"GT_TOWN_MARK": incarnation, "GT_MARK": f"{incarnation}/old-1-1"}
    with subprocess.Popen(["/bin/sleep", "600"], env=marks, start_new_session=True) as stray:
        (found,) = town.ask("agents", "--orphans")
        assert (found["pid"], found["session"], found["command"]) == (stray.pid, "old-1-1", "/bin/sleep 600")
        assert found["since"].endswith("Z")
        seen = town.answer("doctor")
        assert seen.exit == 7
        assert [one["check"] for one in seen.data["findings"] if not one["ok"]] == ["orphans"]
        assert town.ask("doctor", "--fix")["ok"]
        assert stray.wait(timeout=10) == -signal.SIGTERM
    assert town.ask("agents", "--orphans") == []
    assert town.ask("doctor")["ok"]
    assert "ok" in town.run("doctor").stdout
    assert town.run("agents", "--orphans").stdout == "no process is left over\n"


@pytest.mark.parametrize("means", [pytest.param("namespace", marks=pytest.mark.long), "subreaper"])
def test_a_town_works_the_same_by_other_means(make_town, tmp_path, means):
    hidden = Hidden(tmp_path)
    town = make_town().install()
    town.ask("config", "set", "containment", means)
    town.up()
    (told,) = [one for one in town.ask("doctor")["findings"] if one["check"] == "containment"]
    if not told["ok"]:
        pytest.skip(told["detail"])
    assert told["detail"].startswith(f"{means}, in force")
    rig = town.rig("means")
    script = f"{hidden.script}; gt hook > /dev/null; echo it > it; {COMMIT}; gt done"
    bead = rig.bead("Hide", script)
    rig.sling(bead)
    town.lands(bead)
    hidden.are(0, LIMIT)
    event = town.until_type("session.started", f"{bead}-1")
    assert not runs(event["data"]["pid"], event["data"]["started"])
    assert see(os.getpid())
    town.end()


def test_means_there_are_not_are_refused(town):
    said = town.refused(2, "config", "set", "containment", "prayer")
    assert shlex.quote("prayer") in said or "prayer" in said
