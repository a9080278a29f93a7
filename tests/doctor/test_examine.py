"""What the doctor finds in a town that is down, and mends."""

import os
import sqlite3
import subprocess  # noqa: TID251  a process that is left over
from collections.abc import Iterator
from contextlib import closing

import msgspec
import pytest

from gastown import config
from gastown.adapters.processes.at_work import Note, note_trials
from gastown.adapters.processes.census import runs, start_time
from gastown.adapters.processes.child import Known
from gastown.adapters.processes.marks import Marks
from gastown.clock import now
from gastown.config import TownConfig
from gastown.daemon import service
from gastown.doctor import machine
from gastown.doctor.examine import Diagnosis, examine
from gastown.doctor.finding import FIX, Finding
from gastown.projections.kernel.store import Store
from gastown.projections.views import VIEWS


def of(found: Diagnosis, check: str) -> Finding:
    return next(one for one in found.findings if one.check == check)


async def test_a_town_that_was_just_installed_is_sound(town: TownConfig) -> None:
    found = await examine(town, fix=False)

    assert found.ok, found
    assert all(one.detail and not one.mend and not one.fixed for one in found.findings)
    assert of(found, "processes").detail == "the town is down, as wanted"
    assert "for the next host" in of(found, "containment").detail


async def test_what_is_wanted_and_does_not_run_is_said(town: TownConfig) -> None:
    service.want(town, "up")

    found = of(await examine(town, fix=True), "processes")

    assert (found.ok, found.mend) == (False, "gt up")
    assert "not running: daemon, nats, town, host" in found.detail


async def test_what_runs_and_is_not_wanted_is_said(town: TownConfig) -> None:
    me = Known(os.getpid(), start_time(os.getpid()))
    (town.run / "children.json").write_bytes(msgspec.json.encode({"town": me}))

    found = of(await examine(town, fix=False), "processes")

    assert (found.ok, found.mend) == (False, "gt down")
    assert f"town {os.getpid()}" in found.detail


async def test_the_means_in_force_are_those_of_the_host_that_lives(town: TownConfig) -> None:
    me = Known(os.getpid(), start_time(os.getpid()))
    (town.run / "host.json").write_bytes(msgspec.json.encode(Note(me, Marks.means, ("cgroup: not here",))))

    found = of(await examine(town, fix=False), "containment")

    assert found.detail.startswith("marks, in force")
    assert Marks.means.misses in found.detail
    assert "Not to be had here: cgroup: not here" in found.detail


async def test_of_a_host_that_still_tries_its_means_none_is_said_to_be_in_force(town: TownConfig) -> None:
    note_trials(town.run, Known(os.getpid(), start_time(os.getpid())), ("GT_TOWN_MARK", town.incarnation))

    assert "for the next host" in of(await examine(town, fix=False), "containment").detail


async def test_means_that_are_not_to_be_had_are_said(town: TownConfig) -> None:
    found = of(await examine(config.with_containment(town, "prayer"), fix=False), "containment")

    assert (found.ok, found.mend) == (False, 'gt config set containment ""')


@pytest.fixture
def sleepers(town: TownConfig) -> Iterator[tuple[Known, Known]]:
    """One left over by this town, and one that looks the same and is another town's."""
    started: list[subprocess.Popen[bytes]] = []
    for owner in (town.incarnation, f"{town.incarnation}-of-another"):
        marks = {"GT_TOWN_MARK": owner, "GT_MARK": f"{owner}/ap-1-1"}
        started.append(subprocess.Popen(["/bin/sleep", "600"], env=marks))
    left, canary = (Known(process.pid, start_time(process.pid)) for process in started)
    yield left, canary
    for process in started:
        process.kill()
        process.wait()


async def test_orphans_are_found_and_ended(town: TownConfig, sleepers: tuple[Known, Known]) -> None:
    left, canary = sleepers

    seen = await examine(town, fix=False)
    mended = await examine(town, fix=True)

    assert (of(seen, "orphans").ok, of(seen, "orphans").mend, seen.ok) == (False, FIX, False)
    assert f"{left.pid} of ap-1-1: /bin/sleep 600" in of(seen, "orphans").detail
    assert [one.pid for one in seen.orphans] == [left.pid]
    assert (of(mended, "orphans").fixed, mended.ok) == (True, True)
    assert not runs(left.pid, left.started)
    assert runs(canary.pid, canary.started)


async def test_what_others_may_read_is_closed(town: TownConfig) -> None:
    town.path.chmod(0o755)
    (town.path / "secrets" / "nats").chmod(0o644)

    seen = of(await examine(town, fix=False), "permissions")
    mended = of(await examine(town, fix=True), "permissions")

    assert not seen.ok
    assert str(town.path / "secrets" / "nats") in seen.detail
    assert mended.fixed
    assert town.path.stat().st_mode & 0o777 == 0o700
    assert (town.path / "secrets" / "nats").stat().st_mode & 0o777 == 0o600
    assert of(await examine(town, fix=False), "permissions").ok


async def test_stale_drafts_are_removed_and_fresh_ones_and_workers_files_stay(town: TownConfig) -> None:
    stale, fresh = town.run / "wanted.new", town.run / "epoch.new"
    workers = town.path / "rigs" / "app" / "sandboxes" / "a" / "readme.new"
    workers.parent.mkdir(parents=True)
    for file in (stale, fresh, workers):
        file.write_text("half")
    for file in (stale, workers):
        os.utime(file, (now() - 3600, now() - 3600))
    (town.run / "elsewhere.new").symlink_to(workers)

    seen = of(await examine(town, fix=False), "drafts")
    mended = of(await examine(town, fix=True), "drafts")

    assert (seen.ok, seen.detail) == (False, str(stale))
    assert mended.fixed
    assert not stale.exists()
    assert fresh.exists()
    assert workers.read_text() == "half"


async def test_a_clock_that_was_set_back_is_said(town: TownConfig) -> None:
    file = town.logs / "town.log"
    file.write_text("a word")
    os.utime(file, (now() + 3600, now() + 3600))

    found = of(await examine(town, fix=True), "clock")

    assert not found.ok
    assert "set back" in found.detail


async def test_too_little_room_is_said(town: TownConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "ENOUGH", 1 << 60)

    found = of(await examine(town, fix=False), "disk")

    assert (found.ok, found.mend) == (False, f"make room on the disk of {town.path}")


async def test_missing_programs_are_said(town: TownConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setenv("GT_NATS_SERVER", "/nowhere/nats-server")

    found = await examine(town, fix=False)

    assert not of(found, "git").ok
    assert "install git 2.38" in of(found, "git").mend
    assert not of(found, "nats-server").ok
    assert "GT_NATS_SERVER" in of(found, "nats-server").detail


async def test_a_server_of_the_users_own_is_named_without_its_password(town: TownConfig) -> None:
    own = config.with_nats_url(town, "nats://me:secret@127.0.0.1:4222")

    found = of(await examine(own, fix=False), "nats-server")

    assert found.ok
    assert "127.0.0.1:4222" in found.detail
    assert "secret" not in found.detail


def _damage(town: TownConfig) -> None:
    town.views.write_bytes(b"no database")


def _age(town: TownConfig) -> None:
    with closing(sqlite3.connect(town.views)) as file:
        file.execute("UPDATE meta SET views = '{}'")
        file.commit()


@pytest.mark.parametrize(
    ("spoil", "said"), [(_damage, "cannot be read"), (_age, "another version")], ids=["damaged", "old"]
)
async def test_views_that_are_not_ours_are_made_anew(town: TownConfig, spoil, said: str) -> None:
    Store(town.views, VIEWS, town.incarnation).close()
    assert of(await examine(town, fix=False), "views").detail == "made by this version, of this log"

    spoil(town)

    found = of(await examine(town, fix=False), "views")
    assert found.ok
    assert said in found.detail
    assert found.detail.endswith("they are made anew at the next gt up")


async def test_walls_that_somebody_counts_on_and_nobody_can_build_are_said(
    town: TownConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    assert "nobody wants" in of(await examine(town, fix=False), "walls").detail
    with closing(Store(town.views, VIEWS, town.incarnation)):
        pass
    with closing(sqlite3.connect(town.views)) as file, file:
        row = (1, 0, "cc", '{"name": "cc", "vendor": "claude", "sandbox": "bwrap"}', 0, 0)
        columns = "position, ordinal, name, spec, is_default, gone"
        file.execute(f"INSERT INTO agent_facts ({columns}) VALUES (?, ?, ?, ?, ?, ?)", row)

    found = of(await examine(town, fix=False), "walls")

    assert (found.ok, "not installed" in found.detail) == (False, True)
    assert "apt install bubblewrap" in found.mend
