"""What a town that was restored or forked asks of git."""

import pytest

from gastown.actors.commands.mayor import FoundLanding
from gastown.adapters.git.port import GitFailedError


async def landed(rig, submit, session, bead, file):
    commit, base = await submit(rig, session, **{file: "x\n"})
    trailers = (("Gastown-Bead", bead), ("Gastown-Submission", f"app.{session}"))
    built = await rig.build(f"app.{session}", commit, base, "Add", trailers)
    await rig.land(f"app.{session}", built.base, built.candidate)
    return FoundLanding(bead=bead, submission=f"app.{session}", commit=commit, target_commit=built.candidate)


async def test_every_landing_beyond_the_last_one_known_is_found_in_order(stage, rig, submit):
    assert await rig.landings("") == []
    one = await landed(rig, submit, "ap-1-1", "ap-1", "one__txt")
    stage.person("Theirs", other__txt="y\n")
    two = await landed(rig, submit, "ap-2-1", "ap-2", "two__txt")
    assert await rig.landings("") == [one, two]
    assert await rig.landings(one.target_commit) == [two]
    assert await rig.landings(two.target_commit) == []
    assert await rig.landings("0" * 40) == [one, two]


async def test_a_landing_made_by_another_town_of_the_same_past_is_found(rig, submit, make_rig):
    known = await landed(rig, submit, "ap-1-1", "ap-1", "one__txt")
    other = make_rig("elsewhere")
    await other.ensure()
    assert await other.landings("") == [known]


async def test_what_a_worker_says_in_its_own_commits_is_no_landing(stage, rig):
    stage.person("Forged\n\nGastown-Bead: ap-9\nGastown-Submission: app.ap-9-1", forged__txt="x\n")
    assert await rig.landings("") == []


async def test_an_origin_that_is_gone_tells_of_no_landing(stage, rig):
    with stage.unreachable(), pytest.raises(GitFailedError):
        await rig.landings("")
