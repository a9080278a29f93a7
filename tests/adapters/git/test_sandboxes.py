"""What only real git has of sandboxes: whole worktrees of the rig's identity, twenty at once, all gone afterwards."""

from pathlib import Path

import anyio

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


async def test_locks_that_a_killed_worker_left_are_taken_away_and_those_of_others_stay(world, rig):
    sandbox, other = [await rig.create_sandbox(session, None) for session in ("ap-1-1", "ap-2-1")]
    worker = world.at(sandbox.worktree)
    folders = [Path(world.at(one.worktree)("rev-parse", "--absolute-git-dir")) for one in (sandbox, other)]
    own, foreign = [folder / "index.lock" for folder in folders]
    branch = folders[0].parent.parent / "refs" / "heads" / "gt" / "ap-1-1.lock"
    for lock in (own, foreign, branch):
        lock.touch()
    await rig.unlock_sandbox("ap-1-1")
    await rig.unlock_sandbox("ap-1-1")
    worker.commit("Mine", new__txt="x\n")
    assert worker("log", "-1", "--format=%s") == "Mine"
    assert foreign.exists()


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


async def test_a_commit_that_is_applied_again_stays_its_authors(world, rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = world.at(sandbox.worktree)
    worker("config", "--worktree", "user.name", "Worker Bee")
    commit = worker.commit("Mine\n\nWith a body: ünïcode.", own__txt="mine\n")
    await rig.pin(sandbox.worktree, "refs/gastown/kept/ap-1-1", commit)
    world.person.commit("Theirs", other__txt="y\n")
    world.person.push()
    await rig.target(fetch=True)
    again = await rig.create_sandbox("ap-1-2", Earlier(session="ap-1-1", commit=commit, base=sandbox.base))
    worker = world.at(again.worktree)
    assert worker("log", "-1", "--format=%an|%cn|%b") == "Worker Bee|Ada Overseer|With a body: ünïcode."
    assert worker("status", "--porcelain") == ""


async def test_changes_to_other_lines_of_a_file_are_applied_again(world, rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    commit = world.at(sandbox.worktree).commit("Mine", code__py="one\ntwo\nthree\nfour\n")
    await rig.pin(sandbox.worktree, "refs/gastown/kept/ap-1-1", commit)
    world.person.commit("Theirs", code__py="zero\none\ntwo\nthree\n")
    world.person.push()
    await rig.target(fetch=True)
    again = await rig.create_sandbox("ap-1-2", Earlier(session="ap-1-1", commit=commit, base=sandbox.base))
    assert (again.reapplied, again.left) == (1, 0)
    assert (again.worktree / "code.py").read_text() == "zero\none\ntwo\nthree\nfour\n"
