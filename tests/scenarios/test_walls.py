"""Workers behind walls: what they see, what they reach, and that they are held as any other."""

import os
import shutil
import signal
import socket
import subprocess  # noqa: TID251  whether walls can be built here is asked of bubblewrap itself

import pytest

from gastown.adapters.processes.census import environment, runs, see, start_time


def _why_not() -> str:
    if shutil.which("bwrap") is None:
        return "bubblewrap is not installed"
    trial = ("bwrap", "--ro-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "true")
    done = subprocess.run(trial, check=False, capture_output=True, text=True)
    return done.stderr.strip()


WHY_NOT = _why_not()
pytestmark = pytest.mark.skipif(bool(WHY_NOT), reason=f"no walls here: {WHY_NOT}")

COMMIT = "git add -A; git commit -qm 'Do the work'"
SEES = """
try() {{ if "$@" > /dev/null 2>&1; then echo "$*" >> "$GT_BEAD.seen"; fi; }}
: > "$GT_BEAD.seen"
try cat {home}/secret
try ls {town}/secrets
try cat {town}/town.toml
try ls {town}/log
try ls {town}/rigs/{rig}/refinery.git/refs
try cat {town}/rigs/{rig}/refinery.git/config
try ls {town}/rigs/{rig}/work.git
try ls {town}/rigs/{rig}/sandboxes/{other}
try cat {town}/rigs/{rig}/sandboxes/{other}/README
try touch {own}/config
try touch {own}/hooks/post-commit
try touch {own}/objects/info/alternates
try sh -c 'echo x > /usr/x'
try cat /etc/shadow
try sh -c 'test "$(ls -d /proc/[0-9]* | wc -l)" -gt 12'
python3 -c 'import socket'
try python3 -c 'import socket; socket.create_connection(("127.0.0.1", {port}), 2)'
git log --oneline -1
gt hook > "$GT_BEAD.hook"
touch ~/mine
{commit}
"""


@pytest.fixture
def walled(town):
    """The town, its home with a secret in it."""
    (town.home / "secret").write_text("42\n")
    return town


def placed(town, name: str, *flags: str):
    return town.rig(name, "--sandbox", "bwrap", *flags)


def test_a_worker_sees_its_worktree_and_the_way_to_the_town_and_nothing_else(walled, doors, tmp_path):
    rig = placed(walled, "app")
    (walled.folder / "policy.toml").write_text('default = "deny"\nnetwork = false\nunasking = "walled"\n')
    walled.ask("policy", "set", str(walled.folder / "policy.toml"), "--rig", "app")
    walled.agent("seen", "--write", str(walled.story), "--write", str(tmp_path))
    server = socket.create_server(("127.0.0.1", 0))
    other = rig.bead("Another", f"{doors.make('other')}; echo x > other; {COMMIT}")
    rig.sling(other, "--agent", "seen")
    doors.reached("other")
    bead = walled.ask("bead", "create", "Look around", "--rig", "app")["id"]
    own, port = walled.path / "rigs" / "app" / "alone" / f"{bead}-1", server.getsockname()[1]
    places = {"home": walled.home, "town": walled.path, "rig": "app", "other": f"{other}-1", "own": own}
    script = SEES.format(**places, port=port, commit=COMMIT)
    (walled.story / f"{bead}.sh").write_text(script)
    rig.sling(bead, "--agent", "seen")
    walled.lands(bead)
    doors.open("other")

    assert rig.content(f"{bead}.seen") == ""
    assert bead in rig.content(f"{bead}.hook")
    assert not (walled.home / "mine").exists()
    server.close()
    walled.lands(other)


def of_session(town, session: str) -> dict[int, int]:
    """Its processes: pid, and when each was started."""
    mark = f"\0GT_SESSION={session}\0".encode()
    return {pid: start_time(pid) for pid in town.running() if mark in environment(pid)}


RUNS_AWAY = "(setsid sleep 300 &) > /dev/null 2>&1; {door}; sleep 300; true"


def test_what_is_behind_walls_is_frozen_stopped_and_swept_as_all_else(walled, doors, tmp_path):
    rig = placed(walled, "bat")
    walled.agent("held", "--sandbox", "none", "--write", str(walled.story), "--write", str(tmp_path))
    beads = [rig.bead(name, RUNS_AWAY.format(door=doors.make(name))) for name in ("one", "two")]
    rig.sling(*beads, "--agent", "held")
    doors.reached("one")
    doors.reached("two")
    first, second = (of_session(walled, f"{bead}-1") for bead in beads)
    assert len(first) >= 4  # the walls, what holds them from within, the worker, and what ran away
    walled.ask("estop", "--reason", "look")
    seen = [one for pid in (*first, *second) if (one := see(pid)) is not None]
    assert seen
    assert all(one.stopped for one in seen)
    walled.ask("thaw")

    walled.ask("unsling", beads[0])
    walled.until_type("session.ended", f"{beads[0]}-1")
    assert not [pid for pid, started in first.items() if runs(pid, started)]
    os.kill(walled.pids()["host"], signal.SIGKILL)
    walled.until_type("session.ended", f"{beads[1]}-1")
    assert not [pid for pid, started in second.items() if runs(pid, started)]
    walled.ask("unsling", beads[1])


def test_a_program_that_is_not_to_be_seen_is_named_with_what_to_do(walled):
    rig = placed(walled, "cup")
    program = walled.home / "hidden"
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    walled.ask("agent", "add", "hidden", "--vendor", f"acp:{program}", "--env", f"STORY={walled.story}")
    bead = rig.bead("Never begun", "")
    rig.sling(bead, "--agent", "hidden")
    ended = walled.until_type("session.ended", f"{bead}-1")["data"]
    assert ended["outcome"] == "agent_unfit"  # found out before it was given a bead
    assert f"--read {walled.home}" in ended["reason"]
