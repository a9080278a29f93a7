"""Sandboxes: made, made again, looked into, taken away; and what earlier attempts leave to them."""

import anyio
import pytest

from gastown.adapters.git.port import GitFailedError, SandboxGoneError
from gastown.events.session import Earlier


@pytest.fixture
async def sandbox(rig):
    return await rig.create_sandbox("ap-1-1", None)


@pytest.fixture
def worker(stage, sandbox):
    return stage.worker(sandbox)


async def test_a_sandbox_is_a_worktree_on_its_own_branch_at_the_target(stage, rig, sandbox, worker):
    assert sandbox.base == worker.head == stage.first
    assert sandbox.branch == worker.branch == "gt/ap-1-1"
    assert stage.files(sandbox.worktree) == stage.tree(stage.first)
    left = await rig.inspect(sandbox.worktree, sandbox.base)
    assert (left.head, left.ahead, left.changed, left.untracked) == ("", 0, (), ())


async def test_made_twice_it_is_the_same_sandbox_with_what_is_in_it(stage, rig, sandbox, worker, make_rig):
    commit = worker.commit("Mine", new__txt="x\n")
    stage.person("Theirs", other__txt="y\n")
    await rig.target(fetch=True)
    assert await rig.create_sandbox("ap-1-1", None) == sandbox
    restarted = make_rig()
    await restarted.ensure()
    assert await restarted.create_sandbox("ap-1-1", None) == sandbox
    assert stage.worker(sandbox).head == commit


async def test_a_half_made_sandbox_is_made_anew(stage, rig, sandbox, worker):
    worker.remove("readme.md")
    stage.forget_record("ap-1-1")
    again = await rig.create_sandbox("ap-1-1", None)
    assert again == sandbox
    assert stage.files(again.worktree) == stage.tree(stage.first)


async def test_a_new_sandbox_starts_from_the_target_as_last_seen(stage, rig, sandbox):
    tip = stage.person("Theirs", other__txt="y\n")
    assert (await rig.create_sandbox("ap-2-1", None)).base == stage.first
    assert await rig.target(fetch=True) == tip
    assert (await rig.create_sandbox("ap-3-1", None)).base == tip


async def test_sandboxes_need_no_origin(stage, rig):
    with stage.unreachable():
        sandbox = await rig.create_sandbox("ap-1-1", None)
        commit = stage.worker(sandbox).commit("Mine", new__txt="x\n")
        await rig.pin(sandbox.worktree, "refs/gastown/submitted/app.ap-1-1", commit)
        await rig.remove_sandbox("ap-1-1")
    assert stage.pinned("refs/gastown/submitted/app.ap-1-1") == commit


async def test_sandboxes_are_made_at_once_while_others_go(stage, rig):
    for number in range(2):
        await rig.create_sandbox(f"ap-old-{number}", None)
    async with anyio.create_task_group() as tasks:
        for number in range(4):
            tasks.start_soon(rig.create_sandbox, f"ap-{number}-1", None)
        for number in range(2):
            tasks.start_soon(rig.remove_sandbox, f"ap-old-{number}")
    for number in range(4):
        worker = stage.worker(await rig.create_sandbox(f"ap-{number}-1", None))
        worker.commit(f"Work {number}", **{f"file{number}": "x\n"})
        assert worker.branch == f"gt/ap-{number}-1"


async def test_a_removed_sandbox_is_gone_and_removing_it_again_is_fine(stage, rig, sandbox):
    await rig.remove_sandbox("ap-1-1")
    await rig.remove_sandbox("ap-1-1")
    assert not stage.is_there(sandbox.worktree)
    with pytest.raises(SandboxGoneError):
        await rig.inspect(sandbox.worktree, sandbox.base)


async def test_made_after_it_was_removed_it_is_fresh(stage, rig, sandbox, worker):
    worker.commit("Mine", new__txt="x\n")
    await rig.remove_sandbox("ap-1-1")
    again = await rig.create_sandbox("ap-1-1", None)
    assert again == sandbox
    assert stage.worker(again).head == stage.first
    assert "new.txt" not in stage.files(again.worktree)


async def test_a_branch_the_worker_switched_to_does_not_block_the_next_attempt(stage, rig, worker):
    worker.switch("fix-it")
    await rig.remove_sandbox("ap-1-1")
    second = stage.worker(await rig.create_sandbox("ap-1-2", None))
    second.switch("fix-it")
    assert second.branch == "fix-it"


async def test_a_sandbox_that_is_not_there_is_an_error(stage, rig):
    with pytest.raises(SandboxGoneError, match="no sandbox ap-9-1"):
        await rig.inspect(stage.folder / "rigs" / "app" / "sandboxes" / "ap-9-1", stage.first)


async def test_a_sandbox_its_worker_destroyed_is_gone_and_can_be_removed(rig, sandbox, worker):
    worker.destroy()
    with pytest.raises(SandboxGoneError):
        await rig.inspect(sandbox.worktree, sandbox.base)
    with pytest.raises(SandboxGoneError):
        await rig.save_work(sandbox.worktree, "Kept")
    await rig.remove_sandbox("ap-1-1")


async def test_before_the_rig_is_made_there_is_nothing(make_rig):
    with pytest.raises(GitFailedError):
        await make_rig().create_sandbox("ap-1-1", None)


@pytest.fixture
async def earlier(rig, sandbox, worker):
    """Three commits of an earlier attempt, pinned, whose sandbox is gone: two to code.py, one to a file of its own."""
    worker.commit("Own file", own__txt="mine\n")
    worker.commit("First line", code__py="ONE\ntwo\nthree\n")
    commit = worker.commit("Last line\n\nWith a body: ünïcode.", code__py="ONE\ntwo\nTHREE\n")
    await rig.pin(sandbox.worktree, "refs/gastown/kept/ap-1-1", commit)
    await rig.remove_sandbox("ap-1-1")
    return Earlier(session="ap-1-1", commit=commit, base=sandbox.base)


async def test_earlier_commits_are_taken_as_they_are_when_the_target_has_not_moved(stage, rig, earlier):
    sandbox = await rig.create_sandbox("ap-1-2", earlier)
    assert (sandbox.reapplied, sandbox.left, sandbox.conflict) == (3, 0, "")
    assert stage.worker(sandbox).head == earlier.commit


async def test_earlier_commits_are_applied_again_on_a_target_that_moved(stage, rig, earlier):
    tip = stage.person("Theirs", other__txt="y\n")
    await rig.target(fetch=True)
    sandbox = await rig.create_sandbox("ap-1-2", earlier)
    worker = stage.worker(sandbox)
    assert (sandbox.base, sandbox.reapplied, sandbox.left) == (tip, 3, 0)
    assert stage.subjects(tip, worker.head) == ["Last line", "First line", "Own file"]
    assert stage.message(worker.head) == "Last line\n\nWith a body: ünïcode."
    assert worker.read("code.py") == "ONE\ntwo\nTHREE\n"
    assert worker.read("other.txt") == "y\n"
    left = await rig.inspect(sandbox.worktree, sandbox.base)
    assert (left.head, left.ahead, left.changed, left.untracked) == (worker.head, 3, (), ())


async def test_commits_of_another_town_that_are_nowhere_here_are_done_without(stage, rig):
    earlier = Earlier(session="a.ap-1-1", commit="7" * 40, base=stage.first)
    sandbox = await rig.create_sandbox("a.ap-1-2", earlier)
    assert sandbox.missing
    assert (sandbox.reapplied, sandbox.left) == (0, 0)
    assert stage.worker(sandbox).head == stage.first
    assert await rig.create_sandbox("a.ap-1-2", earlier) == sandbox


async def test_commits_of_another_town_that_are_here_are_applied(stage, rig, earlier):
    theirs = Earlier(session=f"b.{earlier.session}", commit=earlier.commit, base=earlier.base)
    sandbox = await rig.create_sandbox("b.ap-1-2", theirs)
    assert (sandbox.missing, stage.worker(sandbox).head) == (False, earlier.commit)


async def test_it_stops_at_the_first_that_does_not_apply_and_leaves_the_worktree_clean(stage, rig, earlier):
    tip = stage.person("Theirs", code__py="uno\ntwo\nthree\n")
    await rig.target(fetch=True)
    sandbox = await rig.create_sandbox("ap-1-2", earlier)
    worker = stage.worker(sandbox)
    assert (sandbox.reapplied, sandbox.left, sandbox.conflict) == (1, 2, "First line")
    assert stage.subjects(tip, worker.head) == ["Own file"]
    assert worker.read("code.py") == "uno\ntwo\nthree\n"
    assert (await rig.inspect(sandbox.worktree, sandbox.base)).changed == ()
    assert await rig.create_sandbox("ap-1-2", earlier) == sandbox


async def test_what_has_landed_meanwhile_is_skipped(stage, rig, earlier):
    tip = stage.person("The same by hand", own__txt="mine\n")
    await rig.target(fetch=True)
    sandbox = await rig.create_sandbox("ap-1-2", earlier)
    assert (sandbox.reapplied, sandbox.left, sandbox.conflict) == (2, 0, "")
    assert stage.subjects(tip, stage.worker(sandbox).head) == ["Last line", "First line"]


async def test_when_all_of_it_has_landed_nothing_is_applied(stage, rig, earlier):
    stage.arrive(earlier.commit)
    tip = await rig.target(fetch=True)
    sandbox = await rig.create_sandbox("ap-1-2", earlier)
    assert (sandbox.base, sandbox.reapplied, sandbox.left) == (tip, 0, 0)
    assert stage.worker(sandbox).head == tip == earlier.commit


async def test_a_merge_of_the_target_into_the_earlier_attempt_is_passed_over(stage, rig, sandbox, worker):
    worker.commit("Mine", own__txt="mine\n")
    tip = stage.person("Theirs", other__txt="y\n")
    worker.merge_origin("main")
    commit = worker.commit("Mine again", own__txt="mine again\n")
    await rig.pin(sandbox.worktree, "refs/gastown/kept/ap-1-1", commit)
    await rig.target(fetch=True)
    earlier = Earlier(session="ap-1-1", commit=commit, base=sandbox.base)
    again = await rig.create_sandbox("ap-1-2", earlier)
    assert (again.base, again.reapplied, again.left) == (tip, 2, 0)
    assert stage.subjects(tip, stage.worker(again).head) == ["Mine again", "Mine"]
    stage.person("In the way", own__txt="theirs\n")
    await rig.target(fetch=True)
    third = await rig.create_sandbox("ap-1-3", earlier)
    assert (third.reapplied, third.left, third.conflict) == (0, 2, "Mine")


async def test_an_earlier_attempt_nobody_pinned_makes_no_sandbox(stage, rig):
    stage.person("Theirs", other__txt="y\n")
    await rig.target(fetch=True)
    earlier = Earlier(session="ap-1-1", commit="1" * 40, base=stage.first)
    with pytest.raises(GitFailedError):
        await rig.create_sandbox("ap-1-2", earlier)
    assert (await rig.create_sandbox("ap-1-2", None)).reapplied == 0
