"""A sandbox in a repository of its own: all that is promised of every sandbox, and nothing of its neighbours."""

from gastown.events.session import Earlier


async def test_what_is_done_in_it_is_seen_pinned_and_kept(stage, rig, make_rig):
    sandbox = await rig.create_sandbox("ap-1-1", None, alone=True)
    worker = stage.worker(sandbox)
    assert (worker.head, worker.branch) == (stage.first, "gt/ap-1-1")
    commit = worker.commit("Mine", new__txt="x\n")
    worker.write("loose.txt", "y\n")
    left = await rig.inspect(sandbox.worktree, sandbox.base)
    assert (left.head, left.ahead, left.untracked) == (commit, 1, ("loose.txt",))
    kept = await rig.save_work(sandbox.worktree, "Kept")
    await rig.pin(sandbox.worktree, "refs/gastown/submitted/app.ap-1-1", commit)
    await rig.pin(sandbox.worktree, "refs/heads/gt/kept/ap-1-1", kept)
    restarted = make_rig()
    await restarted.ensure()
    assert await restarted.create_sandbox("ap-1-1", None, alone=True) == sandbox
    assert (await restarted.inspect(sandbox.worktree, sandbox.base)).head == commit
    await restarted.remove_sandbox("ap-1-1")
    assert stage.pinned("refs/gastown/submitted/app.ap-1-1") == commit
    assert not stage.is_there(sandbox.worktree)


async def test_what_an_earlier_attempt_committed_is_taken_over(stage, rig):
    first = await rig.create_sandbox("ap-1-1", None)
    commit = stage.worker(first).commit("Mine", new__txt="x\n")
    await rig.pin(first.worktree, "refs/gastown/kept/ap-1-1", commit)
    await rig.remove_sandbox("ap-1-1")
    earlier = Earlier(session="ap-1-1", commit=commit, base=first.base)
    sandbox = await rig.create_sandbox("ap-1-2", earlier, alone=True)
    assert (sandbox.reapplied, stage.worker(sandbox).head) == (1, commit)
