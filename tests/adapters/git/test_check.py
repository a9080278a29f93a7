"""`gt rig check`, as far as git goes: fetch and push, and what to mend."""

import os

import pytest


async def test_a_good_origin_passes_and_nothing_is_pushed(world, make_rig):
    steps = await make_rig().check_origin()
    assert [(step.name, step.ok) for step in steps] == [("fetch", True), ("push", True)]
    assert world.first[:12] in steps[0].detail
    assert world.at(world.origin)("for-each-ref", "--format=%(refname)") == "refs/heads/main"


async def test_an_origin_that_cannot_be_fetched_is_said_with_a_way_to_see_it(world, make_rig):
    (step,) = await make_rig(origin=str(world.folder / "gone")).check_origin()
    assert (step.name, step.ok) == ("fetch", False)
    assert "gone" in step.detail
    assert step.mend == f"try: git ls-remote {world.folder / 'gone'}"


async def test_a_branch_that_is_checked_out_cannot_be_landed_on(world, make_rig):
    checkout = world.person.folder
    rig = make_rig(origin=str(checkout))
    _, push = await rig.check_origin()
    assert not push.ok
    assert "main is checked out" in push.detail
    assert f"git -C {checkout} switch" in push.mend
    world.person("config", "receive.denyCurrentBranch", "updateInstead")
    _, push = await rig.check_origin()
    assert push.ok


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
async def test_an_origin_that_cannot_be_written_is_found(world, make_rig):
    objects = world.origin / "objects"
    objects.chmod(0o500)
    _, push = await make_rig().check_origin()
    objects.chmod(0o700)
    assert not push.ok
    assert "cannot be written" in push.detail


async def test_where_proposals_are_made_the_target_need_not_be_writable(world, make_rig):
    _, push = await make_rig(origin=str(world.person.folder), land="branch").check_origin()
    assert push.ok
    assert world.person("for-each-ref", "--format=%(refname)", "refs/heads") == "refs/heads/main"
