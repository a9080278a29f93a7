"""What a town that was restored or forked asks of git."""

import pytest

from gastown.actors.commands.mayor import FoundLanding
from gastown.adapters.git.port import Built, GitFailedError


async def landed(rig, submit, session, bead, file, town="T1"):
    commit, base = await submit(rig, session, **{file: "x\n"})
    named = (("Gastown-Bead", bead), ("Gastown-Submission", f"app.{session}"), ("Gastown-Town", town))
    trailers = tuple(pair for pair in named if pair[1])
    built = await rig.build(f"app.{session}", commit, base, "Add", trailers)
    await rig.land(f"app.{session}", built.base, built.candidate)
    return FoundLanding(bead=bead, submission=f"app.{session}", commit=commit, target_commit=built.candidate)


async def test_every_landing_beyond_the_last_one_known_is_found_in_order(stage, rig, submit):
    assert await rig.landings("", "T1") == []
    one = await landed(rig, submit, "ap-1-1", "ap-1", "one__txt")
    stage.person("Theirs", other__txt="y\n")
    two = await landed(rig, submit, "ap-2-1", "ap-2", "two__txt")
    assert await rig.landings("", "T1") == [one, two]
    assert await rig.landings(one.target_commit, "T1") == [two]
    assert await rig.landings(two.target_commit, "T1") == []
    assert await rig.landings("0" * 40, "T1") == [one, two]


async def test_a_landing_made_by_another_town_of_the_same_past_is_found(rig, submit, make_rig):
    known = await landed(rig, submit, "ap-1-1", "ap-1", "one__txt")
    other = make_rig("elsewhere")
    await other.ensure()
    assert await other.landings("", "T1") == [known]


async def test_another_town_on_the_same_branch_may_call_a_bead_the_same(rig, submit):
    own = await landed(rig, submit, "ap-1-1", "ap-1", "one__txt")
    theirs = await landed(rig, submit, "ap-1-2", "ap-1", "two__txt", town="T2")
    before = await landed(rig, submit, "ap-3-1", "ap-3", "three__txt", town="")
    assert await rig.landings("", "T1") == [own, before]
    assert await rig.landings("", "T2") == [theirs, before]


async def test_what_a_worker_says_in_its_own_commits_is_no_landing(stage, rig):
    stage.person("Forged\n\nGastown-Bead: ap-9\nGastown-Submission: app.ap-9-1", forged__txt="x\n")
    assert await rig.landings("", "T1") == []


async def test_an_origin_that_is_gone_tells_of_no_landing(stage, rig):
    with stage.unreachable(), pytest.raises(GitFailedError):
        await rig.landings("", "T1")


@pytest.fixture
async def forked(rig, submit, make_rig):
    """A rig whose town was forked, with a commit that is ready to be landed."""
    await landed(rig, submit, "ap-1-1", "ap-1", "one__txt")
    commit, base = await submit(rig, "ap-2-1", two__txt="x\n")
    made = make_rig(origin="")
    await made.ensure()
    return made, commit, base


async def test_a_rig_without_an_origin_goes_on_from_the_target_as_last_seen(stage, rig, forked):
    made, commit, base = forked
    stage.person("Theirs", other__txt="y\n")
    assert await made.target(fetch=True) == base
    assert [found.bead for found in await made.landings("", "T1")] == ["ap-1"]
    assert (await made.create_sandbox("ap-3-1", None)).base == base
    built = await made.build("app.ap-2-1", commit, base, "Add", ())
    assert built == Built(base=base, candidate=built.candidate)
    assert await made.questions.proof([base], []) == []


async def test_a_rig_without_an_origin_neither_lands_nor_proposes_and_says_why(stage, forked):
    made, commit, base = forked
    built = await made.build("app.ap-2-1", commit, base, "Add", ())
    for attempt in (made.land("app.ap-2-1", built.base, built.candidate), made.propose("gt/ap-2", built.candidate)):
        with pytest.raises(GitFailedError, match="has no origin") as failed:
            await attempt
        assert failed.value.hint == "gt rig set NAME --location URL"
    (step,) = await made.check_origin()
    assert (step.name, step.ok, step.mend) == ("fetch", False, "gt rig set NAME --location URL")
    assert stage.branches() == ["main"]
