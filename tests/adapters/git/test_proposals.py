"""How a proposal is recognised on the target, whichever way a person merged it."""

import pytest


@pytest.fixture
async def proposed(world, rig):
    """Two commits proposed on branch gt/ap-1: (commit, base, candidate)."""
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = world.at(sandbox.worktree)
    worker.commit("One", new__txt="x\n")
    commit = worker.commit("Two", code__py="one\ntwo\nTHREE\n")
    await rig.pin(sandbox.worktree, "refs/gastown/submitted/app.ap-1-1", commit)
    built = await rig.build("app.ap-1-1", commit, sandbox.base, "Add", ())
    await rig.propose("gt/ap-1", built.candidate)
    world.person("fetch", "--quiet", "origin", "gt/ap-1")
    world.person.commit("Theirs", other__txt="y\n")
    return commit, sandbox.base, built.candidate


async def test_nothing_is_seen_before_it_is_merged(world, rig, proposed):
    commit, base, _ = proposed
    world.person.push()
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == ""


async def test_a_merge_is_seen_by_the_trailer(world, rig, proposed):
    commit, base, candidate = proposed
    world.person("merge", "--quiet", "--no-edit", "FETCH_HEAD")
    world.person.push()
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == candidate


async def test_the_commits_alone_are_seen(world, rig, proposed):
    commit, base, _ = proposed
    world.person("merge", "--quiet", "--no-edit", "FETCH_HEAD^2")
    world.person.push()
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == commit


async def test_a_squash_that_keeps_the_trailer_is_seen(world, rig, proposed):
    commit, base, _ = proposed
    world.person("merge", "--quiet", "--squash", "FETCH_HEAD")
    squashed = world.person.commit("All in one\n\nGastown-Submission: app.ap-1-1")
    world.person.push()
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == squashed


async def test_a_squash_that_lost_the_trailer_is_seen_by_its_changes(world, rig, proposed):
    commit, base, _ = proposed
    world.person("merge", "--quiet", "--squash", "FETCH_HEAD")
    squashed = world.person.commit("All in one")
    world.person.commit("Later", later__txt="z\n")
    world.person.push()
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == squashed


async def test_a_rebase_is_seen_by_its_changes(world, rig, proposed):
    commit, base, _ = proposed
    world.person("cherry-pick", f"{base}..{commit}")
    tip = world.person.push()
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == tip


async def test_half_of_it_is_not_it(world, rig, proposed):
    commit, base, _ = proposed
    world.person("cherry-pick", f"{commit}^")
    world.person.push()
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == ""
