"""A rig's repositories are packed now and then; whenever that is broken off, nothing is lost by it."""

import os
import signal
import threading
import time
from contextlib import suppress

import psutil
import pytest

from gastown.adapters.git.locks import environment_of, gits
from gastown.adapters.git.port import GitFailedError
from gastown.adapters.git.upkeep import count_loose


@pytest.fixture
async def busy(world, rig, submit):
    """A rig with a landing, a submission that waits, and a commit that no ref names. -> what must stay, by name"""
    commit, base = await submit(rig, "ap-1-1", **{f"a{number}__txt": f"a{number}\n" * 9 for number in range(40)})
    built = await rig.build("app.ap-1-1", commit, base, "Add", ())
    await rig.land("app.ap-1-1", built.base, built.candidate)
    waiting, _ = await submit(rig, "ap-2-1", **{f"b{number}__txt": f"b{number}\n" * 9 for number in range(40)})
    refinery = world.at(rig._repositories.refinery_dir)
    stray = refinery("commit-tree", "-p", base, "-m", "Stray", f"{base}^{{tree}}")
    return {"landed": built.candidate, "submitted": commit, "waiting": waiting, "stray": stray}


def folders(rig):
    return rig._repositories.refinery_dir, rig._repositories.work_dir


def all_there(world, rig, busy):
    refinery = world.at(rig._repositories.refinery_dir)
    assert [refinery("cat-file", "-t", commit) for commit in busy.values()] == ["commit"] * len(busy)
    assert refinery("rev-parse", "refs/gastown/submitted/app.ap-2-1") == busy["waiting"]
    for folder in folders(rig):
        world.at(folder)("fsck", "--strict", "--connectivity-only", "--no-dangling")


async def test_below_the_limit_nothing_is_done(rig, busy):
    before = [count_loose(folder) for folder in folders(rig)]
    assert min(before) > 80
    assert await rig.tend(max(before)) is False
    assert [count_loose(folder) for folder in folders(rig)] == before


async def test_above_it_all_is_packed_also_what_no_ref_names_and_work_goes_on(world, rig, busy, submit):
    assert await rig.tend(10) is True
    assert [count_loose(folder) for folder in folders(rig)] == [0, 0]
    assert [len(list((folder / "objects" / "pack").glob("*.pack"))) for folder in folders(rig)] == [1, 0]
    all_there(world, rig, busy)
    assert await rig.tend(10) is False
    built = await rig.build("app.ap-2-1", busy["waiting"], world.first, "Add", ())
    landed = await rig.land("app.ap-2-1", built.base, built.candidate)
    assert landed.target_commit == built.candidate
    commit, _ = await submit(rig, "ap-3-1", more__txt="x\n")
    assert await rig.questions.proof([busy["landed"], built.candidate], []) == []
    assert world.at(rig._repositories.refinery_dir)("cat-file", "-t", commit) == "commit"


def kill_packing(root, after, over):
    """SIGKILL to every git of the rig, some seconds after the first one packs."""
    while not over.is_set():
        here = [one for one in gits() if environment_of(one).get("GASTOWN_GIT", "").endswith(f":{root}")]
        if any("repack" in one.cmdline() for one in here if _told(one)):
            time.sleep(after)
            for one in here:
                with suppress(psutil.Error):
                    one.send_signal(signal.SIGKILL)
            return


def _told(process):
    try:
        return bool(process.cmdline())
    except psutil.Error:
        return False


@pytest.mark.parametrize("after", [0.0, 0.002, 0.005, 0.01, 0.03])
async def test_killed_in_the_middle_nothing_is_lost_and_the_next_time_ends_it(world, rig, busy, make_rig, after):
    over = threading.Event()
    killer = threading.Thread(target=kill_packing, args=(rig._repositories.root, after, over))
    killer.start()
    with suppress(GitFailedError):  # it may have been too quick for the killer
        await rig.tend(10)
    over.set()
    killer.join()
    all_there(world, rig, busy)
    again = make_rig()
    await again.ensure()
    await again.tend(10)
    all_there(world, again, busy)
    for folder in folders(again):
        assert [name for name in os.listdir(folder / "objects" / "pack") if name.startswith(("tmp_", ".tmp-"))] == []
        assert count_loose(folder) <= 10


async def test_half_packs_that_a_killed_git_left_are_removed_when_a_rig_is_made_ready(rig, busy, make_rig):
    left = [
        folder / "objects" / "pack" / name for folder in folders(rig) for name in ("tmp_pack_aB", ".tmp-7-pack-aB.idx")
    ]
    for file in left:
        file.write_bytes(b"PACK")
    await make_rig().ensure()
    assert [file for file in left if file.exists()] == []


async def test_where_there_is_no_room_it_fails_and_leaves_what_was_there(world, rig, busy, monkeypatch):
    pack = rig._repositories.refinery_dir / "objects" / "pack"
    pack.rmdir()
    pack.symlink_to("/dev/full")
    with pytest.raises(GitFailedError):
        await rig.tend(10)
    pack.unlink()
    pack.mkdir()
    all_there(world, rig, busy)
    assert await rig.tend(10) is True
