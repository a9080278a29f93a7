"""Sandboxes: made, made again, made twenty at once, taken away; and what earlier attempts leave to them."""

import anyio
import pytest

from gastown.events.session import Earlier


async def test_a_sandbox_is_a_worktree_on_its_own_branch_at_the_target(world, rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = world.at(sandbox.worktree)
    assert sandbox.base == worker("rev-parse", "HEAD") == world.first
    assert sandbox.branch == worker("branch", "--show-current") == "gt/ap-1-1"
    assert worker("status", "--porcelain") == ""
    assert (sandbox.worktree / "readme.md").read_text() == "hello\n"
    assert worker("remote") == ""
    assert str(sandbox.worktree) in world.at(world.folder / "rigs" / "app" / "work.git")("worktree", "list")
    assert worker("fsck", "--no-dangling") == ""


async def test_a_worker_commits_as_the_rigs_identity(world, rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = world.at(sandbox.worktree)
    worker.commit("Mine", new__txt="x\n")
    assert worker("log", "-1", "--format=%an <%ae> %cn") == "Ada Overseer <ada@example.org> Ada Overseer"


async def test_what_one_worker_configures_does_not_sign_the_commits_of_another(world, rig):
    one, other = [await rig.create_sandbox(session, None) for session in ("ap-1-1", "ap-2-1")]
    world.at(one.worktree)("config", "user.name", "Somebody Else")
    worker = world.at(other.worktree)
    worker.commit("Mine", new__txt="x\n")
    assert worker("log", "-1", "--format=%an") == "Ada Overseer"


async def test_made_twice_it_is_the_same_sandbox_with_what_is_in_it(world, rig, make_rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    commit = world.at(sandbox.worktree).commit("Mine", new__txt="x\n")
    world.person.commit("Theirs", other__txt="y\n")
    world.person.push()
    await rig.target(fetch=True)
    assert await rig.create_sandbox("ap-1-1", None) == sandbox
    restarted = make_rig()
    await restarted.ensure()
    assert await restarted.create_sandbox("ap-1-1", None) == sandbox
    assert world.at(sandbox.worktree)("rev-parse", "HEAD") == commit


async def test_a_half_made_sandbox_is_made_anew(world, rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    (sandbox.worktree / "readme.md").unlink()
    (sandbox.worktree.parent / "ap-1-1.json").unlink()  # written last, so a killed host leaves none
    again = await rig.create_sandbox("ap-1-1", None)
    assert again == sandbox
    assert (again.worktree / "readme.md").read_text() == "hello\n"
    assert world.at(again.worktree)("status", "--porcelain") == ""


async def test_a_new_sandbox_starts_from_the_target_as_last_seen(world, rig):
    world.person.commit("Theirs", other__txt="y\n")
    tip = world.person.push()
    assert (await rig.create_sandbox("ap-1-1", None)).base == world.first
    assert await rig.target(fetch=True) == tip
    assert (await rig.create_sandbox("ap-2-1", None)).base == tip


async def test_twenty_sandboxes_are_made_at_once_while_others_go(world, rig):
    for number in range(5):
        await rig.create_sandbox(f"ap-old-{number}", None)
    async with anyio.create_task_group() as tasks:
        for number in range(20):
            tasks.start_soon(rig.create_sandbox, f"ap-{number}-1", None)
        for number in range(5):
            tasks.start_soon(rig.remove_sandbox, f"ap-old-{number}")
    for number in range(20):
        sandbox = await rig.create_sandbox(f"ap-{number}-1", None)
        worker = world.at(sandbox.worktree)
        assert worker("branch", "--show-current") == f"gt/ap-{number}-1"
        assert worker("status", "--porcelain") == ""
        worker.commit(f"Work {number}", **{f"file{number}": "x\n"})


async def test_nothing_of_a_removed_sandbox_is_left_and_removing_it_again_is_fine(world, rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    locked = sandbox.worktree / "cache" / "module"
    locked.mkdir(parents=True)
    (locked / "file").write_text("x")
    locked.chmod(0o500)
    await rig.remove_sandbox("ap-1-1")
    await rig.remove_sandbox("ap-1-1")
    work = world.at(world.folder / "rigs" / "app" / "work.git")
    assert list(sandbox.worktree.parent.iterdir()) == []
    assert work("for-each-ref") == ""
    assert work("worktree", "list").count("\n") == 0


async def test_a_branch_the_worker_switched_to_does_not_block_the_next_attempt(world, rig):
    first = await rig.create_sandbox("ap-1-1", None)
    world.at(first.worktree)("switch", "--quiet", "--create", "fix-it")
    await rig.remove_sandbox("ap-1-1")
    second = await rig.create_sandbox("ap-1-2", None)
    world.at(second.worktree)("switch", "--quiet", "--create", "fix-it")


@pytest.fixture
async def earlier(world, rig):
    """Three commits of an earlier attempt, pinned, whose sandbox is gone: two to code.py, one to a file of its own."""
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = world.at(sandbox.worktree)
    worker("config", "--worktree", "user.name", "Worker Bee")
    worker.commit("Own file", own__txt="mine\n")
    worker.commit("First line", code__py="ONE\ntwo\nthree\n")
    commit = worker.commit("Last line\n\nWith a body: ünïcode.", code__py="ONE\ntwo\nTHREE\n")
    worker("config", "--worktree", "user.name", "Ada Overseer")
    await rig.pin(sandbox.worktree, "refs/gastown/kept/ap-1-1", commit)
    await rig.remove_sandbox("ap-1-1")
    return Earlier(session="ap-1-1", commit=commit, base=sandbox.base)


async def test_earlier_commits_are_taken_as_they_are_when_the_target_has_not_moved(world, rig, earlier):
    sandbox = await rig.create_sandbox("ap-1-2", earlier)
    assert (sandbox.reapplied, sandbox.left, sandbox.conflict) == (3, 0, "")
    assert world.at(sandbox.worktree)("rev-parse", "HEAD") == earlier.commit


async def test_earlier_commits_are_applied_again_on_a_target_that_moved(world, rig, earlier):
    world.person.commit("Theirs", other__txt="y\n")
    tip = world.person.push()
    await rig.target(fetch=True)
    sandbox = await rig.create_sandbox("ap-1-2", earlier)
    worker = world.at(sandbox.worktree)
    assert (sandbox.base, sandbox.reapplied, sandbox.left) == (tip, 3, 0)
    assert worker("log", "--format=%s", f"{tip}..") == "Last line\nFirst line\nOwn file"
    assert worker("log", "-1", "--format=%b") == "With a body: ünïcode."
    assert worker("log", "-1", "--format=%an|%cn") == "Worker Bee|Ada Overseer"
    assert (sandbox.worktree / "code.py").read_text() == "ONE\ntwo\nTHREE\n"
    assert (sandbox.worktree / "other.txt").exists()
    assert worker("status", "--porcelain") == ""


async def test_it_stops_at_the_first_that_does_not_apply_and_leaves_the_worktree_clean(world, rig, earlier):
    world.person.commit("Theirs", code__py="uno\ntwo\nthree\n")
    tip = world.person.push()
    await rig.target(fetch=True)
    sandbox = await rig.create_sandbox("ap-1-2", earlier)
    worker = world.at(sandbox.worktree)
    assert (sandbox.reapplied, sandbox.left, sandbox.conflict) == (1, 2, "First line")
    assert worker("log", "--format=%s", f"{tip}..") == "Own file"
    assert (sandbox.worktree / "code.py").read_text() == "uno\ntwo\nthree\n"
    assert worker("status", "--porcelain") == ""
    assert await rig.create_sandbox("ap-1-2", earlier) == sandbox


async def test_what_has_landed_meanwhile_is_skipped(world, rig, earlier):
    world.person.commit("The same by hand", own__txt="mine\n")
    tip = world.person.push()
    await rig.target(fetch=True)
    sandbox = await rig.create_sandbox("ap-1-2", earlier)
    assert (sandbox.reapplied, sandbox.left, sandbox.conflict) == (2, 0, "")
    assert world.at(sandbox.worktree)("log", "--format=%s", f"{tip}..") == "Last line\nFirst line"


async def test_a_merge_of_the_target_into_the_earlier_attempt_is_passed_over(world, rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = world.at(sandbox.worktree)
    worker.commit("Mine", own__txt="mine\n")
    world.person.commit("Theirs", other__txt="y\n")
    tip = world.person.push()
    worker("fetch", "--quiet", str(world.origin), "main")
    worker("merge", "--quiet", "--no-edit", "FETCH_HEAD")
    commit = worker.commit("Mine again", own__txt="mine again\n")
    await rig.pin(sandbox.worktree, "refs/gastown/kept/ap-1-1", commit)
    await rig.target(fetch=True)
    earlier = Earlier(session="ap-1-1", commit=commit, base=sandbox.base)
    again = await rig.create_sandbox("ap-1-2", earlier)
    assert (again.base, again.reapplied, again.left) == (tip, 2, 0)
    assert world.at(again.worktree)("log", "--format=%s", f"{tip}..") == "Mine again\nMine"
    world.person.commit("In the way", own__txt="theirs\n")
    world.person.push()
    await rig.target(fetch=True)
    third = await rig.create_sandbox("ap-1-3", earlier)
    assert (third.reapplied, third.left, third.conflict) == (0, 2, "Mine")
