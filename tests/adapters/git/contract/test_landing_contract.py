"""Landing by compare-and-set: what happened is what the origin holds afterwards."""

import anyio
import pytest

from gastown.adapters.git.port import GitFailedError, Landed, Raced, Refused


async def proven(rig, submit, session="ap-1-1", **files):
    commit, base = await submit(rig, session, **(files or {"new__txt": "x\n"}))
    return await rig.build(f"app.{session}", commit, base, "Add", (("Gastown-Submission", f"app.{session}"),))


async def test_what_is_proven_moves_the_target_and_is_known_here(stage, rig, submit, make_rig):
    built = await proven(rig, submit)
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)
    assert stage.tip() == built.candidate
    assert await rig.target(fetch=False) == built.candidate
    restarted = make_rig()
    await restarted.ensure()
    assert await restarted.target(fetch=False) == built.candidate


async def test_landing_again_says_landed_and_moves_nothing(stage, rig, submit, make_rig):
    built = await proven(rig, submit)
    await rig.land("app.ap-1-1", built.base, built.candidate)
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)
    tip = stage.person("Theirs", other__txt="y\n")
    restarted = make_rig()
    await restarted.ensure()
    assert await restarted.land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)
    assert stage.tip() == tip


async def test_a_push_that_arrived_though_its_answer_was_lost_is_landed(stage, rig, submit):
    built = await proven(rig, submit)
    stage.arrive(built.candidate)
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)


async def test_someone_else_was_first(stage, rig, submit):
    built = await proven(rig, submit)
    tip = stage.person("Theirs", other__txt="y\n")
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Raced(found=tip)
    assert stage.tip() == tip
    again = await rig.build("app.ap-1-1", stage.parents(built.candidate)[1], built.base, "Add", ())
    assert again.base == tip
    assert await rig.land("app.ap-1-1", again.base, again.candidate) == Landed(target_commit=again.candidate)


async def test_someone_else_was_first_and_that_was_fetched_meanwhile(stage, rig, submit):
    built = await proven(rig, submit)
    tip = stage.person("Theirs", other__txt="y\n")
    await rig.target(fetch=True)
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Raced(found=tip)
    assert stage.tip() == tip


async def test_an_earlier_candidate_of_the_submission_on_the_target_is_its_landing(stage, rig, submit):
    first = await proven(rig, submit)
    second = await rig.build("app.ap-1-1", stage.parents(first.candidate)[1], first.base, "Add anew", ())
    assert second.candidate != first.candidate
    stage.arrive(first.candidate)
    landed = await rig.land("app.ap-1-1", second.base, second.candidate)
    assert landed == Landed(target_commit=first.candidate)
    assert stage.tip() == first.candidate


async def test_two_towns_that_land_at_once_have_one_winner(stage, make_rig, submit):
    rigs = [make_rig(town="one"), make_rig(town="two")]
    for rig in rigs:
        await rig.ensure()
    built = [await proven(rig, submit, f"ap-{n}-1", **{f"file{n}": "x\n"}) for n, rig in enumerate(rigs)]
    results = {}

    async def land(number):
        results[number] = await rigs[number].land(f"app.ap-{number}-1", built[number].base, built[number].candidate)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(land, 0)
        tasks.start_soon(land, 1)
    winner = next(number for number, result in results.items() if isinstance(result, Landed))
    assert results[1 - winner] == Raced(found=built[winner].candidate)
    assert stage.tip() == built[winner].candidate


async def test_a_target_that_was_set_back_is_not_overrun(stage, rig, submit):
    stage.person("Theirs", other__txt="y\n")
    await rig.target(fetch=True)
    built = await proven(rig, submit)
    stage.reset("main", stage.first)
    # A plain push would go through: the candidate contains the commit the target was set back to.
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Raced(found=stage.first, rewritten=True)
    assert stage.tip() == stage.first


async def test_a_hook_that_says_no_is_a_refusal_in_its_words(stage, rig, submit):
    built = await proven(rig, submit)
    stage.refuse("not before the release")
    landing = await rig.land("app.ap-1-1", built.base, built.candidate)
    assert landing == Refused(reason="pre-receive hook declined: not before the release")
    assert stage.tip() == built.base
    stage.refuse("")
    assert isinstance(await rig.land("app.ap-1-1", built.base, built.candidate), Landed)


async def test_a_race_is_told_before_a_refusal(stage, rig, submit):
    built = await proven(rig, submit)
    tip = stage.person("Theirs", other__txt="y\n")
    stage.refuse("not before the release")
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Raced(found=tip)


async def test_an_origin_that_is_gone_tells_nothing(stage, rig, submit):
    built = await proven(rig, submit)
    with stage.unreachable(), pytest.raises(GitFailedError):
        await rig.land("app.ap-1-1", built.base, built.candidate)
    assert isinstance(await rig.land("app.ap-1-1", built.base, built.candidate), Landed)


async def test_a_target_that_is_gone_is_an_error_and_nothing_is_pushed(stage, rig, submit):
    built = await proven(rig, submit)
    stage.delete("main")
    with pytest.raises(GitFailedError, match="has no branch main any more"):
        await rig.land("app.ap-1-1", built.base, built.candidate)
    assert stage.tip() == ""


async def test_a_candidate_that_would_take_commits_away_is_never_pushed(stage, rig):
    tip = stage.person("Theirs", other__txt="y\n")
    await rig.target(fetch=True)
    with pytest.raises(GitFailedError, match="take commits away"):
        await rig.land("app.ap-1-1", tip, stage.stray())
    assert stage.tip() == tip


async def test_a_candidate_nobody_knows_is_not_landed(stage, rig):
    with pytest.raises(GitFailedError):
        await rig.land("app.ap-1-1", stage.first, "1" * 40)
    assert stage.tip() == stage.first


async def test_a_proposal_is_pushed_to_its_branch_and_may_be_renewed(stage, rig, submit):
    built = await proven(rig, submit)
    assert await rig.propose("gt/ap-1", built.candidate) is None
    assert await rig.propose("gt/ap-1", built.candidate) is None
    assert stage.tip("gt/ap-1") == built.candidate
    renewed = await rig.build("app.ap-1-1", stage.parents(built.candidate)[1], built.base, "Anew", ())
    assert await rig.propose("gt/ap-1", renewed.candidate) is None
    assert stage.tip("gt/ap-1") == renewed.candidate
    assert stage.tip() == built.base


async def test_a_proposal_does_not_run_over_what_a_person_put_there(stage, rig, submit):
    built = await proven(rig, submit)
    await rig.propose("gt/ap-1", built.candidate)
    theirs = stage.person("Review", branch="gt/ap-1", new__txt="better\n")
    refused = await rig.propose("gt/ap-1", built.candidate)
    assert isinstance(refused, Refused)
    assert "gt/ap-1" in refused.reason
    assert stage.tip("gt/ap-1") == theirs


async def test_a_proposal_that_a_person_removed_is_made_again(stage, rig, submit):
    built = await proven(rig, submit)
    await rig.propose("gt/ap-1", built.candidate)
    stage.delete("gt/ap-1")
    assert await rig.propose("gt/ap-1", built.candidate) is None
    assert stage.tip("gt/ap-1") == built.candidate


async def test_a_refused_proposal_says_why(stage, rig, submit):
    built = await proven(rig, submit)
    stage.refuse("no such branches here")
    refused = await rig.propose("gt/ap-1", built.candidate)
    assert refused == Refused(reason="pre-receive hook declined: no such branches here")
    assert stage.tip("gt/ap-1") == ""


async def test_a_proposal_to_an_origin_that_is_gone_is_an_error(stage, rig, submit):
    built = await proven(rig, submit)
    with stage.unreachable(), pytest.raises(GitFailedError):
        await rig.propose("gt/ap-1", built.candidate)
    assert await rig.propose("gt/ap-1", built.candidate) is None
