"""What only real git has of leftovers: odd names and indexes, and that nothing a worker configured is run for it."""

import os
import shutil
from pathlib import Path

import msgspec
import pytest

from gastown.adapters.git.port import GitFailedError


@pytest.fixture
async def sandbox(rig):
    return await rig.create_sandbox("ap-1-1", None)


@pytest.fixture
def worker(world, sandbox):
    return world.at(sandbox.worktree)


async def test_names_that_are_no_utf8_are_told_readably_and_saved_as_they_are(rig, sandbox, worker):
    worker.write(os.fsdecode(b"caf\xe9.txt"), "x\n")
    left = await rig.inspect(sandbox.worktree, sandbox.base)
    assert left.untracked == ("caf\ufffd.txt",)
    msgspec.json.encode(left)
    kept = await rig.save_work(sandbox.worktree, "Kept")
    assert worker("ls-tree", "--name-only", kept, check=False).splitlines()[0] == '"caf\\351.txt"'


async def test_a_merge_in_progress_counts_as_changed(rig, sandbox, worker):
    worker("switch", "--quiet", "--create", "side")
    worker.commit("Side", code__py="side\n")
    worker("switch", "--quiet", "gt/ap-1-1")
    worker.commit("Mine", code__py="mine\n")
    worker("merge", "side", check=False)
    assert (await rig.inspect(sandbox.worktree, sandbox.base)).changed == ("code.py",)
    kept = await rig.save_work(sandbox.worktree, "Kept")
    assert "<<<<<<<" in worker("show", f"{kept}:code.py")


async def test_uncommitted_work_is_saved_as_a_commit_that_touches_nothing(rig, sandbox, worker):
    worker.write("folder/in.txt", "x\n")
    head = worker.commit("One", new__txt="x\n")
    worker.write("code.py", "changed\n")
    worker("add", "code.py")
    shutil.rmtree(sandbox.worktree / "folder")
    worker.write("folder", "now a file\n")
    worker.write("code.py", "changed again\n")
    (sandbox.worktree / "readme.md").unlink()
    worker.write("readme.md/now/a-folder.txt", "untracked\n")
    worker.write("deep/in/here.txt", "untracked\n")
    worker.write("run.sh", "#!/bin/sh\n").chmod(0o755)
    before = worker("status", "--porcelain", "--branch"), worker("diff", "--cached")
    kept = await rig.save_work(sandbox.worktree, "Left by ap-1-1\n\nTwice.")
    assert (worker("status", "--porcelain", "--branch"), worker("diff", "--cached")) == before
    assert worker("rev-parse", f"{kept}^") == head == worker("rev-parse", "HEAD")
    assert worker("log", "-1", "--format=%B", kept) == "Left by ap-1-1\n\nTwice."
    assert worker("show", f"{kept}:code.py") == "changed again"
    changes = worker("diff", "--name-status", head, kept).splitlines()
    assert changes == [
        "M\tcode.py",
        "A\tdeep/in/here.txt",
        "A\tfolder",
        "D\tfolder/in.txt",
        "D\treadme.md",
        "A\treadme.md/now/a-folder.txt",
        "A\trun.sh",
    ]
    assert worker("ls-tree", kept, "run.sh").startswith("100755")


async def test_files_of_a_repository_inside_the_sandbox_are_kept_too(rig, sandbox, worker):
    worker("init", "--quiet", "unborn")
    worker.write("unborn/deep/file.txt", "x\n")
    worker("clone", "--quiet", str(sandbox.worktree), "sub/born")
    worker.write("sub/born/extra.txt", "y\n")
    (sandbox.worktree / "unborn" / "link").symlink_to("deep")
    kept = await rig.save_work(sandbox.worktree, "Kept")
    names = worker("ls-tree", "-r", "--name-only", kept).splitlines()
    assert {"unborn/link", "unborn/deep/file.txt", "sub/born/extra.txt", "sub/born/code.py"} <= set(names)
    assert not [name for name in names if ".git/" in name]


async def test_work_is_saved_when_the_worker_broke_its_index(rig, sandbox, worker):
    worker.write("notes.txt", "mine\n")
    (rig_index := sandbox.worktree.parents[1] / "work.git" / "worktrees" / "ap-1-1" / "index").unlink()
    kept = await rig.save_work(sandbox.worktree, "Kept")
    assert worker("diff", "--name-status", "HEAD", kept) == "A\tnotes.txt"
    assert not rig_index.exists()


async def test_nothing_a_worker_configured_is_run(world, rig, sandbox, worker):
    ran = world.folder / "ran"
    trap = world.folder / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $*" >> {ran}\ncat\n')
    trap.chmod(0o755)
    hooks = world.folder / "hooks"
    hooks.mkdir()
    for name in ("post-checkout", "post-index-change", "reference-transaction", "pre-commit", "post-commit"):
        shutil.copy(trap, hooks / name)
    commit = worker.commit("Mine", new__txt="x\n")
    worker.write(".gitattributes", "* filter=evil diff=evil\n")
    for key, value in {
        "core.hooksPath": str(hooks),
        "core.fsmonitor": str(trap),
        "filter.evil.clean": str(trap),
        "filter.evil.smudge": str(trap),
        "filter.evil.required": "true",
        "diff.evil.textconv": str(trap),
        "diff.external": str(trap),
        "core.pager": str(trap),
        "uploadpack.packObjectsHook": str(trap),
    }.items():
        worker("config", key, value)
    worker.write("code.py", "changed\n")
    left = await rig.inspect(sandbox.worktree, sandbox.base)
    kept = await rig.save_work(sandbox.worktree, "Kept")
    await rig.pin(sandbox.worktree, "refs/gastown/kept/ap-1-1", kept)
    patch = await rig.questions.diff_sandbox("ap-1-1")
    sibling = await rig.create_sandbox("ap-2-1", None)
    await rig.remove_sandbox("ap-1-1")
    assert not ran.exists(), ran.read_text()
    assert left.head == commit
    assert "code.py" in left.changed
    assert "+changed" in patch
    assert (sibling.worktree / "code.py").read_text() == "one\ntwo\nthree\n"
    world.at(sibling.worktree)("status")
    assert ran.exists(), "the trap would not have been seen if it had been run"


async def test_nothing_is_run_for_a_repository_a_worker_committed_into_its_own(world, rig, sandbox, worker):
    ran = world.folder / "ran"
    trap = world.folder / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $*" >> {ran}\ncat\n')
    trap.chmod(0o755)
    worker("init", "--quiet", "nested")
    nested = world.at(sandbox.worktree / "nested")
    nested.commit("Inside", a__txt="a\n")
    commit = worker.commit("With a repository inside", new__txt="x\n")
    assert worker("ls-tree", commit, "nested").startswith("160000 commit")
    nested.write(".gitattributes", "* filter=evil\n")
    nested("config", "filter.evil.clean", str(trap))
    nested("config", "core.fsmonitor", str(trap))
    nested.write("a.txt", "b\n")
    worker.write("code.py", "changed\n")
    assert (await rig.inspect(sandbox.worktree, sandbox.base)).changed == ("code.py",)
    kept = await rig.save_work(sandbox.worktree, "Kept")
    await rig.pin(sandbox.worktree, "refs/gastown/kept/ap-1-1", kept)
    assert not ran.exists(), ran.read_text()
    nested("status")
    assert ran.exists(), "the trap would not have been seen if it had been run"


async def test_a_change_in_the_moment_the_index_was_written_is_saved(rig, sandbox, worker):
    worker("config", "core.trustctime", "false")  # that time cannot be set back, the others can
    index = sandbox.worktree.parents[1] / "work.git" / "worktrees" / "ap-1-1" / "index"
    file = sandbox.worktree / "code.py"
    moment = file.stat().st_mtime - 60
    os.utime(file, (moment, moment))
    worker("update-index", "--refresh")
    file.write_text("ONE\ntwo\nthree\n")
    os.utime(file, (moment, moment))
    os.utime(index, (moment, moment))
    kept = await rig.save_work(sandbox.worktree, "Kept")
    assert worker("show", f"{kept}:code.py") == "ONE\ntwo\nthree"


async def test_a_pinned_commit_needs_nothing_of_the_workers_repository(world, rig, sandbox, worker):
    worker.commit("One", **{f"file{number}": f"{number}\n" for number in range(300)})
    commit = worker.commit("Two", new__txt="y\n")
    await rig.pin(sandbox.worktree, "refs/gastown/submitted/app.ap-1-1", commit)
    await rig.pin(sandbox.worktree, "refs/gastown/submitted/app.ap-1-1", commit)
    shutil.rmtree(world.folder / "rigs" / "app" / "work.git")
    refinery = world.at(world.folder / "rigs" / "app" / "refinery.git")
    assert refinery("rev-parse", "refs/gastown/submitted/app.ap-1-1") == commit
    assert refinery("fsck", "--connectivity-only", "--no-dangling") == ""
    assert refinery("show", f"{commit}:file299") == "299"
    assert not list((world.folder / "rigs" / "app").glob("incoming-*"))


async def test_a_commit_with_a_missing_file_is_not_pinned(world, rig, sandbox, worker):
    commit = worker.commit("One", new__txt="only here\n")
    blob = worker("rev-parse", f"{commit}:new.txt")
    (world.folder / "rigs" / "app" / "work.git" / "objects" / blob[:2] / blob[2:]).unlink()
    with pytest.raises(GitFailedError):
        await rig.pin(sandbox.worktree, "refs/gastown/submitted/app.ap-1-1", commit)
    refinery = world.at(world.folder / "rigs" / "app" / "refinery.git")
    assert refinery("rev-parse", "--verify", "refs/gastown/submitted/app.ap-1-1", check=False) == ""


async def test_a_commit_with_a_damaged_file_is_not_pinned(world, rig, sandbox, worker):
    commit = worker.commit("One", new__txt="as it was\n", other__txt="something else\n")
    objects = world.folder / "rigs" / "app" / "work.git" / "objects"
    blob, other = (worker("rev-parse", f"{commit}:{name}") for name in ("new.txt", "other.txt"))
    (objects / blob[:2] / blob[2:]).unlink()
    shutil.copyfile(objects / other[:2] / other[2:], objects / blob[:2] / blob[2:])
    with pytest.raises(GitFailedError):
        await rig.pin(sandbox.worktree, "refs/gastown/submitted/app.ap-1-1", commit)


async def test_what_a_power_cut_left_empty_of_a_sandbox_is_made_good(rig, sandbox, worker):
    commit = worker.commit("One", new__txt="x\n")
    admin = Path((sandbox.worktree / ".git").read_text().removeprefix("gitdir: ").strip())
    for file in (*(admin / name for name in ("HEAD", "commondir", "gitdir", "index")), sandbox.worktree / ".git"):
        file.write_bytes(b"")
    left = await rig.inspect(sandbox.worktree, sandbox.base)
    assert (left.head, left.ahead) == (commit, 1)
    kept = await rig.save_work(sandbox.worktree, "Kept")
    assert worker("rev-parse", f"{kept}^{{tree}}") == worker("rev-parse", f"{commit}^{{tree}}")
