"""How a rig's two repositories are made, and what clears up after a killed host."""

import os
import subprocess  # noqa: TID251  the git of another host is started here
from pathlib import Path

import pytest

from gastown.adapters.git.locks import Locks
from gastown.adapters.git.port import GitFailedError


def waiting_git(folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    """A git at work in `folder`: it waits for its input."""
    words = ["git", "cat-file", "--batch"]
    return subprocess.Popen(words, cwd=folder, stdin=subprocess.PIPE, env={**os.environ, **environment})


async def test_both_repositories_are_made_and_made_only_once(world, make_rig):
    rig = make_rig()
    await rig.ensure()
    root = world.folder / "rigs" / "app"
    made = (root / "refinery.git").stat().st_ino, (root / "work.git").stat().st_ino
    await rig.ensure()
    assert ((root / "refinery.git").stat().st_ino, (root / "work.git").stat().st_ino) == made
    assert await rig.target(fetch=False) == world.first


async def test_everything_in_the_refinery_is_flushed_and_of_the_workers_what_others_build_on(world, rig):
    root = world.folder / "rigs" / "app"
    assert world.at(root / "refinery.git")("config", "core.fsync") == "all"
    assert world.at(root / "work.git")("config", "core.fsync") == "loose-object,reference"
    assert world.at(root / "work.git")("config", "core.fsyncMethod") == "batch"


async def test_a_half_made_repository_is_made_anew(world, make_rig):
    root = world.folder / "rigs" / "app"
    half = root / "refinery.git.making"
    half.mkdir(parents=True)
    (half / "HEAD").write_text("half")
    rig = make_rig()
    await rig.ensure()
    assert not half.exists()
    assert await rig.target(fetch=True) == world.first


async def test_what_a_killed_host_had_in_hand_is_removed(world, rig, make_rig):
    left = world.folder / "rigs" / "app" / "incoming-01EARLIER-01X"
    left.mkdir()
    (left / "pack").write_text("half")
    await make_rig().ensure()
    assert not left.exists()


async def test_locks_a_killed_git_left_in_our_repositories_are_cleared(world, make_rig):
    rig = make_rig()
    await rig.ensure()
    root = world.folder / "rigs" / "app"
    locks = [
        root / "refinery.git" / "packed-refs.lock",
        root / "refinery.git" / "refs" / "remotes" / "origin" / "main.lock",
        root / "work.git" / "config.lock",
    ]
    for lock in locks:
        lock.parent.mkdir(parents=True, exist_ok=True)
        lock.touch()
    await make_rig().ensure()
    assert [lock for lock in locks if lock.exists()] == []


async def test_a_lock_that_a_running_git_may_hold_is_left(world, rig):
    root = world.folder / "rigs" / "app"
    with waiting_git(root / "work.git") as running:
        lock = root / "work.git" / "config.lock"
        lock.touch()
        Locks(root).clear()
        assert lock.exists()
        running.communicate()
    Locks(root).clear()
    assert not lock.exists()


async def test_a_git_that_an_earlier_host_left_running_is_ended(world, make_rig):
    rig = make_rig()
    await rig.ensure()
    root = world.folder / "rigs" / "app"
    with (
        waiting_git(root / "refinery.git", GASTOWN_GIT=f"01EARLIER:{root}") as left_behind,
        waiting_git(root / "refinery.git", GASTOWN_GIT=f"01EARLIER:{root}x") as not_ours,
    ):
        await rig.ensure()
        assert left_behind.poll() is not None
        assert not_ours.poll() is None
        not_ours.communicate()


async def test_an_origin_that_is_not_there_is_named_and_leaves_nothing_half_made(world, make_rig):
    with pytest.raises(GitFailedError, match="gone"):
        await make_rig(origin=str(world.folder / "gone")).ensure()
    assert not (world.folder / "rigs" / "app" / "refinery.git").exists()


async def test_tags_are_seen_in_sandboxes_and_candidates(world, make_rig):
    world.person("tag", "v1.2")
    world.person("push", "--quiet", "origin", "v1.2")
    rig = make_rig()
    await rig.ensure()
    sandbox = await rig.create_sandbox("ap-1-1", None)
    assert world.at(sandbox.worktree)("describe", "--tags") == "v1.2"
    await rig.checkout(world.first, world.folder / "candidate")
    assert world.at(world.folder / "candidate")("describe", "--tags") == "v1.2"


async def test_only_the_sparse_folders_are_checked_out(world, make_rig):
    world.person.write("lib/core/a.py", "a\n")
    world.person.write("lib/core/deep/b.py", "b\n")
    world.person.write("lib/other/c.py", "c\n")
    world.person.write("docs/d.md", "d\n")
    world.person.commit("More")
    tip = world.person.push()
    rig = make_rig(sparse=("lib/core",))
    await rig.ensure()
    sandbox = await rig.create_sandbox("ap-1-1", None)
    await rig.checkout(tip, world.folder / "candidate")
    expected = {"code.py", "readme.md", "lib/core/a.py", "lib/core/deep/b.py"}
    assert _files(sandbox.worktree) == expected
    assert _files(world.folder / "candidate") == expected
    worker = world.at(sandbox.worktree)
    assert worker("status", "--porcelain") == ""
    assert worker("sparse-checkout", "list") == "lib/core"
    (sandbox.worktree / "lib" / "core" / "a.py").write_text("changed\n")
    kept = await rig.save_work(sandbox.worktree, "Kept")
    assert worker("diff", "--name-only", tip, kept) == "lib/core/a.py"


async def test_a_filtered_rig_fetches_contents_only_when_they_are_needed(world, make_rig, submit):
    world.at(world.origin)("config", "uploadpack.allowFilter", "true")
    world.person.commit("Old", big__txt="long ago\n")
    world.person.commit("New", big__txt="now\n")
    world.person.push()
    rig = make_rig(origin=f"file://{world.origin}", filter="blob:none")
    await rig.ensure()
    refinery = world.at(world.folder / "rigs" / "app" / "refinery.git")
    missing = refinery("rev-list", "--objects", "--missing=print", "refs/remotes/origin/main").count("?")
    assert missing >= 3
    commit, base = await submit(rig, "ap-1-1", new__txt="new\n")
    sandbox = await rig.create_sandbox("ap-1-1", None)
    assert (sandbox.worktree / "big.txt").read_text() == "now\n"
    assert (await rig.inspect(sandbox.worktree, base)).head == commit
    built = await rig.build("app.ap-1-1", commit, base, "Merge", ())
    await rig.checkout(built.candidate, world.folder / "candidate")
    assert (world.folder / "candidate" / "big.txt").read_text() == "now\n"
    await rig.land("app.ap-1-1", built.base, built.candidate)
    assert world.origin_tip() == built.candidate


async def test_a_repository_of_sha256_works(world, make_rig, submit):
    origin = world.folder / "wide.git"
    world.at(world.folder)("init", "--quiet", "--bare", "--object-format=sha256", "--initial-branch=main", str(origin))
    world.at(world.folder)("init", "--quiet", "--object-format=sha256", "--initial-branch=main", "wide")
    person = world.at(world.folder / "wide")
    person("remote", "add", "origin", str(origin))
    person.commit("First", a="a\n")
    person.push()
    rig = make_rig(origin=str(origin))
    await rig.ensure()
    commit, base = await submit(rig, "ap-1-1", b="b\n")
    assert len(commit) == 64
    built = await rig.build("app.ap-1-1", commit, base, "Merge", ())
    await rig.checkout(built.candidate, world.folder / "candidate")
    assert (world.folder / "candidate" / "b").read_text() == "b\n"


def _files(folder: Path) -> set[str]:
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file() and ".git" not in file.parts}
