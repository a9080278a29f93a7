"""What a sandbox holds, how it is kept, and what is pinned."""

import pytest

from gastown.adapters.git.port import GitFailedError


@pytest.fixture
async def sandbox(rig):
    return await rig.create_sandbox("ap-1-1", None)


@pytest.fixture
def worker(stage, sandbox):
    return stage.worker(sandbox)


async def test_commits_changes_and_untracked_files_are_told_apart(rig, sandbox, worker):
    worker.commit("One", new__txt="x\n")
    commit = worker.commit("Two", new__txt="y\n")
    worker.write("code.py", "changed\n")
    worker.remove("readme.md")
    worker.write("read me.md", "hello\n")
    worker.add("read me.md")
    worker.write("notes here.txt", "untracked\n")
    worker.write("some/folder/deep.txt", "untracked\n")
    worker.write("some/other.txt", "untracked\n")
    worker.write(".gitignore", "*.log\nbuild/\n")
    worker.write("noise.log", "ignored\n")
    worker.write("build/noise.o", "ignored\n")
    left = await rig.inspect(sandbox.worktree, sandbox.base)
    assert (left.head, left.ahead) == (commit, 2)
    assert left.changed == ("code.py", "read me.md", "readme.md")
    assert left.untracked == (".gitignore", "notes here.txt", "some/")
    assert await rig.inspect(sandbox.worktree, sandbox.base) == left


async def test_it_looks_at_head_wherever_the_worker_took_it(rig, sandbox, worker):
    worker.switch("")
    commit = worker.commit("Detached", new__txt="x\n")
    left = await rig.inspect(sandbox.worktree, sandbox.base)
    assert (left.head, left.ahead) == (commit, 1)
    worker.switch("empty", orphan=True)
    left = await rig.inspect(sandbox.worktree, sandbox.base)
    assert (left.head, left.ahead) == ("", 0)


async def test_a_worker_that_merged_the_target_is_ahead_by_that_too(stage, rig, sandbox, worker):
    worker.commit("Mine", new__txt="x\n")
    stage.person("Theirs", other__txt="y\n")
    worker.merge_origin("main")
    left = await rig.inspect(sandbox.worktree, sandbox.base)
    assert (left.head, left.ahead) == (worker.head, 3)


async def test_uncommitted_work_is_saved_as_a_commit_that_touches_nothing(stage, rig, sandbox, worker):
    head = worker.commit("One", new__txt="x\n")
    worker.write("code.py", "changed\n")
    worker.add("code.py")
    worker.write("code.py", "changed again\n")
    worker.remove("readme.md")
    worker.write("deep/in/here.txt", "untracked\n")
    worker.write(".gitignore", "*.log\n")
    worker.write("noise.log", "ignored\n")
    before = await rig.inspect(sandbox.worktree, sandbox.base)
    kept = await rig.save_work(sandbox.worktree, "Left by ap-1-1\n\nTwice.")
    assert await rig.inspect(sandbox.worktree, sandbox.base) == before
    assert worker.head == head
    await rig.pin(sandbox.worktree, "refs/heads/gt/kept/ap-1-1", kept)
    assert stage.parents(kept) == [head]
    assert stage.message(kept) == "Left by ap-1-1\n\nTwice."
    everything = {"code.py": "changed again\n", "new.txt": "x\n", "deep/in/here.txt": "untracked\n"}
    assert stage.tree(kept) == {**everything, ".gitignore": "*.log\n"}


async def test_with_nothing_uncommitted_saving_returns_head(rig, sandbox, worker):
    head = worker.commit("One", new__txt="x\n")
    assert await rig.save_work(sandbox.worktree, "Kept") == head


async def test_work_on_a_branch_without_commits_is_saved_as_a_first_one(stage, rig, sandbox, worker):
    worker.switch("empty", orphan=True)
    worker.write("notes.txt", "mine\n")
    kept = await rig.save_work(sandbox.worktree, "Kept")
    await rig.pin(sandbox.worktree, "refs/heads/gt/kept/ap-1-1", kept)
    assert stage.parents(kept) == []
    assert stage.tree(kept) == {"notes.txt": "mine\n"}


async def test_a_pinned_commit_outlives_its_sandbox_and_is_pinned_again_without_harm(stage, rig, sandbox, worker):
    ref = "refs/gastown/submitted/app.ap-1-1"
    worker.commit("One", new__txt="x\n")
    commit = worker.commit("Two", new__txt="y\n")
    await rig.pin(sandbox.worktree, ref, commit)
    await rig.pin(sandbox.worktree, ref, commit)
    await rig.remove_sandbox("ap-1-1")
    assert stage.pinned(ref) == commit
    assert stage.tree(commit)["new.txt"] == "y\n"
    assert stage.message(stage.parents(commit)[0]) == "One"


async def test_a_pin_moves_when_it_is_made_again_for_another_commit(stage, rig, sandbox, worker):
    ref = "refs/gastown/kept/ap-1-1"
    await rig.pin(sandbox.worktree, ref, worker.commit("One", new__txt="x\n"))
    second = worker.commit("Two", new__txt="y\n")
    await rig.pin(sandbox.worktree, ref, second)
    assert stage.pinned(ref) == second


@pytest.mark.parametrize("missing", ["never made", "lost"])
async def test_a_commit_that_is_not_there_is_not_pinned(stage, rig, sandbox, worker, missing):
    ref = "refs/gastown/submitted/app.ap-1-1"
    commit = worker.commit("One", new__txt="x\n") if missing == "lost" else "1" * 40
    if missing == "lost":
        worker.lose(commit)
    with pytest.raises(GitFailedError):
        await rig.pin(sandbox.worktree, ref, commit)
    assert stage.pinned(ref) == ""
