"""What only real git has of a rig's check: how a checkout takes pushes, and what may not be written."""

import os

import pytest


async def test_a_checkout_that_takes_pushes_to_the_branch_it_is_on_can_be_landed_on(world, make_rig):
    rig = make_rig(origin=str(world.person.folder))
    _, push = await rig.check_origin()
    assert not push.ok
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
