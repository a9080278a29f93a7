"""A rig's repositories: how they are made, what they know of the target, and what is said of an origin."""

import pytest

from gastown.adapters.git.port import GitFailedError
from gastown.errors import RefusedError, UnknownThingError


async def test_a_rig_is_made_only_once(stage, make_rig):
    rig = make_rig()
    await rig.ensure()
    sandbox = await rig.create_sandbox("ap-1-1", None)
    commit = stage.worker(sandbox).commit("Mine", new__txt="x\n")
    await rig.pin(sandbox.worktree, "refs/gastown/submitted/app.ap-1-1", commit)
    await rig.ensure()
    assert await rig.target(fetch=False) == stage.first
    assert stage.pinned("refs/gastown/submitted/app.ap-1-1") == commit
    assert stage.worker(sandbox).head == commit


async def test_a_branch_that_does_not_exist_is_named(make_rig):
    with pytest.raises(GitFailedError, match="has no branch nowhere") as failed:
        await make_rig(target="nowhere", landing="nowhere").ensure()
    assert failed.value.hint == "gt rig set NAME --branch BRANCH"


async def test_an_origin_that_is_not_there_is_named_and_may_come_later(stage, make_rig):
    rig = make_rig()
    with stage.unreachable(), pytest.raises(GitFailedError, match=r"origin\.git"):
        await rig.ensure()
    await rig.ensure()
    assert await rig.target(fetch=False) == stage.first


async def test_a_restart_needs_no_origin(stage, rig, make_rig):
    again = make_rig()
    with stage.unreachable():
        await again.ensure()
        assert await again.target(fetch=False) == stage.first
        with pytest.raises(GitFailedError):
            await again.target(fetch=True)


async def test_the_target_is_known_as_last_seen_until_it_is_fetched(stage, rig, make_rig):
    tip = stage.person("Theirs", other__txt="y\n")
    assert await rig.target(fetch=False) == stage.first
    assert await rig.target(fetch=True) == tip
    assert await rig.target(fetch=False) == tip
    assert await make_rig().target(fetch=False) == tip


async def test_a_target_that_was_set_back_is_followed(stage, rig):
    stage.person("Theirs", other__txt="y\n")
    await rig.target(fetch=True)
    stage.reset("main", stage.first)
    assert await rig.target(fetch=True) == stage.first


async def test_a_changed_target_branch_is_fetched(stage, rig, make_rig):
    stage.reset("next", stage.first)
    other = stage.person("Next", branch="next", readme__md="next\n")
    changed = make_rig(target="next", landing="next")
    await changed.ensure()
    assert await changed.target(fetch=False) == other


async def test_a_target_branch_that_went_away_is_named(stage, rig):
    stage.reset("other", stage.first)
    stage.delete("main")
    with pytest.raises(GitFailedError, match="has no branch main any more"):
        await rig.target(fetch=True)
    assert await rig.target(fetch=False) == stage.first


async def test_a_good_origin_passes_its_check_and_nothing_is_pushed(stage, make_rig):
    steps = await make_rig().check_origin()
    assert [(step.name, step.ok) for step in steps] == [("fetch", True), ("push", True)]
    assert steps[0].detail == f"main is at {stage.first[:12]}"
    assert steps[1].detail == "a dry run to main: what hooks and protection there would say is not known"
    assert stage.branches() == ["main"]


async def test_an_origin_that_cannot_be_fetched_is_said_with_a_way_to_see_it(stage, make_rig):
    with stage.unreachable():
        (step,) = await make_rig().check_origin()
    assert (step.name, step.ok) == ("fetch", False)
    assert stage.location in step.detail
    assert step.mend == f"try: git ls-remote {stage.location}"


async def test_a_branch_that_is_checked_out_cannot_be_landed_on(stage, make_rig):
    stage.own_checkout()
    _, push = await make_rig().check_origin()
    assert not push.ok
    assert "main is checked out" in push.detail
    assert push.mend == f"git -C {stage.location} switch another-branch"


async def test_where_proposals_are_made_the_target_need_not_be_writable(stage, make_rig):
    stage.own_checkout()
    _, push = await make_rig(land="branch").check_origin()
    assert push.ok
    assert stage.branches() == ["main"]


async def test_an_origin_is_known_by_its_branches(stage):
    facts = await stage.git.inspect_origin(stage.location, "")
    assert (facts.origin, facts.target, facts.landing, facts.notes[1:]) == (stage.location, "main", "main", ())
    stage.reset("next", stage.first)
    facts = await stage.git.inspect_origin(stage.location, "next")
    assert (facts.target, facts.landing) == ("next", "next")
    with pytest.raises(UnknownThingError, match="has no branch nowhere") as failed:
        await stage.git.inspect_origin(stage.location, "nowhere")
    assert failed.value.hint == "--branch, one of: main, next"


async def test_a_checkout_without_remote_gets_a_branch_of_its_own(stage):
    stage.own_checkout()
    facts = await stage.git.inspect_origin(stage.location, "")
    assert (facts.origin, facts.target, facts.landing) == (stage.location, "main", "gt/main")
    merge = f"git -C {stage.location} merge gt/main"
    assert f"{stage.location} has no remote: what is proven lands on its branch gt/main; {merge}" in facts.notes


async def test_what_is_not_there_or_empty_is_no_origin(stage):
    with pytest.raises(UnknownThingError, match="there is no folder"):
        await stage.git.inspect_origin(str(stage.folder / "nowhere"), "")
    empty = stage.empty_origin()
    with pytest.raises(RefusedError, match="is empty"):
        await stage.git.inspect_origin(empty, "")
