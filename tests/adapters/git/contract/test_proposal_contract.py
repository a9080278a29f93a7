"""How a proposal is recognised on the target, whichever way a person merged it."""

import pytest


@pytest.fixture
async def proposed(stage, rig):
    """Two commits proposed on branch gt/ap-1, and a person's on main: (commit, base, candidate)."""
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = stage.worker(sandbox)
    worker.commit("One", new__txt="x\n")
    commit = worker.commit("Two", code__py="one\ntwo\nTHREE\n")
    await rig.pin(sandbox.worktree, "refs/gastown/submitted/app.ap-1-1", commit)
    built = await rig.build("app.ap-1-1", commit, sandbox.base, "Add", ())
    await rig.propose("gt/ap-1", built.candidate)
    stage.person("Theirs", other__txt="y\n")
    return commit, sandbox.base, built.candidate


async def test_nothing_is_seen_before_it_is_merged(rig, proposed):
    commit, base, _ = proposed
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == ""


async def test_a_merge_is_seen_by_the_trailer(stage, rig, proposed):
    commit, base, candidate = proposed
    stage.merge(candidate)
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == candidate


async def test_the_commits_alone_are_seen(stage, rig, proposed):
    commit, base, _ = proposed
    stage.merge(commit)
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == commit


async def test_a_squash_that_keeps_the_trailer_is_seen(stage, rig, proposed):
    commit, base, _ = proposed
    message = "All in one\n\nGastown-Submission: app.ap-1-1"
    squashed = stage.person(message, new__txt="x\n", code__py="one\ntwo\nTHREE\n")
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == squashed


async def test_a_squash_that_lost_the_trailer_is_seen_by_its_changes(stage, rig, proposed):
    commit, base, _ = proposed
    squashed = stage.person("All in one", new__txt="x\n", code__py="one\ntwo\nTHREE\n")
    stage.person("Later", later__txt="z\n")
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == squashed


async def test_a_rebase_is_seen_by_its_changes(stage, rig, proposed):
    commit, base, _ = proposed
    stage.person("One", new__txt="x\n")
    tip = stage.person("Two", code__py="one\ntwo\nTHREE\n")
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == tip


async def test_half_of_it_is_not_it(stage, rig, proposed):
    commit, base, _ = proposed
    stage.person("One", new__txt="x\n")
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == ""
