"""Landing by compare-and-set: what happened is what the origin holds afterwards."""

import anyio
import pytest

from gastown.adapters.git.port import GitFailedError, Landed, Raced, Refused


async def proven(rig, submit, session="ap-1-1", **files):
    commit, base = await submit(rig, session, **(files or {"new__txt": "x\n"}))
    return await rig.build(f"app.{session}", commit, base, "Add", (("Gastown-Submission", f"app.{session}"),))


async def test_what_is_proven_moves_the_target_and_is_known_here(world, rig, submit):
    built = await proven(rig, submit)
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)
    assert world.origin_tip() == built.candidate
    assert await rig.target(fetch=False) == built.candidate
    refinery = world.at(world.folder / "rigs" / "app" / "refinery.git")
    assert refinery("rev-parse", "refs/remotes/origin/main") == built.candidate
    assert not (world.folder / "rigs" / "app" / "push-intent.json").exists()


async def test_landing_again_says_landed_and_moves_nothing(world, rig, submit, make_rig):
    built = await proven(rig, submit)
    await rig.land("app.ap-1-1", built.base, built.candidate)
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)
    world.pull()
    world.person.commit("Theirs", other__txt="y\n")
    tip = world.person.push()
    restarted = make_rig()
    await restarted.ensure()
    assert await restarted.land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)
    assert world.origin_tip() == tip


async def test_a_push_that_arrived_though_its_answer_was_lost_is_landed(world, rig, submit):
    built = await proven(rig, submit)
    refinery = world.at(world.folder / "rigs" / "app" / "refinery.git")
    refinery("push", "--quiet", str(world.origin), f"{built.candidate}:refs/heads/main")
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)


async def test_someone_else_was_first(world, rig, submit):
    built = await proven(rig, submit)
    world.person.commit("Theirs", other__txt="y\n")
    tip = world.person.push()
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Raced(found=tip)
    assert world.origin_tip() == tip
    refinery = world.at(world.folder / "rigs" / "app" / "refinery.git")
    again = await rig.build("app.ap-1-1", refinery("rev-parse", f"{built.candidate}^2"), built.base, "Add", ())
    assert again.base == tip
    assert await rig.land("app.ap-1-1", again.base, again.candidate) == Landed(target_commit=again.candidate)


async def test_an_earlier_candidate_of_the_submission_on_the_target_is_its_landing(world, rig, submit):
    first = await proven(rig, submit)
    refinery = world.at(world.folder / "rigs" / "app" / "refinery.git")
    commit = refinery("rev-parse", f"{first.candidate}^2")
    second = await rig.build("app.ap-1-1", commit, first.base, "Add anew", ())
    assert second.candidate != first.candidate
    refinery("push", "--quiet", str(world.origin), f"{first.candidate}:refs/heads/main")
    landed = await rig.land("app.ap-1-1", second.base, second.candidate)
    assert landed == Landed(target_commit=first.candidate)
    assert world.origin_tip() == first.candidate


async def test_two_towns_that_land_at_once_have_one_winner(world, make_rig, submit):
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
    assert world.origin_tip() == built[winner].candidate


async def test_a_target_that_was_set_back_is_not_overrun(world, rig, submit):
    world.person.commit("Theirs", other__txt="y\n")
    world.person.push()
    built = await proven(rig, submit)
    world.at(world.origin)("update-ref", "refs/heads/main", world.first)
    # A plain push would go through: the candidate contains the commit the target was set back to.
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Raced(found=world.first, rewritten=True)
    assert world.origin_tip() == world.first


async def test_a_hook_that_says_no_is_a_refusal_in_its_words(world, rig, submit):
    built = await proven(rig, submit)
    world.hook("pre-receive", "echo 'not before the release' >&2; exit 1")
    landing = await rig.land("app.ap-1-1", built.base, built.candidate)
    assert landing == Refused(reason="pre-receive hook declined: not before the release")
    assert world.origin_tip() == built.base
    (world.origin / "hooks" / "pre-receive").unlink()
    assert isinstance(await rig.land("app.ap-1-1", built.base, built.candidate), Landed)


async def test_a_hook_of_the_origin_sees_nothing_of_ours(world, rig, submit, monkeypatch):
    monkeypatch.setenv("GT_SECRET", "x")
    built = await proven(rig, submit)
    world.hook("post-receive", f"env > {world.folder}/seen")
    await rig.land("app.ap-1-1", built.base, built.candidate)
    seen = (world.folder / "seen").read_text()
    assert "GIT_DIR=" in seen
    assert "GT_SECRET" not in seen
    assert "GIT_CONFIG_PARAMETERS" not in seen


async def test_an_origin_that_is_gone_tells_nothing(world, rig, submit):
    built = await proven(rig, submit)
    world.origin.rename(world.folder / "away")
    with pytest.raises(GitFailedError):
        await rig.land("app.ap-1-1", built.base, built.candidate)
    (world.folder / "away").rename(world.origin)
    assert isinstance(await rig.land("app.ap-1-1", built.base, built.candidate), Landed)


async def test_a_candidate_that_would_take_commits_away_is_never_pushed(world, rig, submit):
    world.person.commit("Theirs", other__txt="y\n")
    tip = world.person.push()
    await rig.target(fetch=True)
    refinery = world.at(world.folder / "rigs" / "app" / "refinery.git")
    stray = refinery("commit-tree", "-p", world.first, "-m", "Stray", f"{world.first}^{{tree}}")
    with pytest.raises(GitFailedError, match="take commits away"):
        await rig.land("app.ap-1-1", tip, stray)
    assert world.origin_tip() == tip


async def test_a_proposal_is_pushed_to_its_branch_and_may_be_renewed(world, rig, submit):
    built = await proven(rig, submit)
    assert await rig.propose("gt/ap-1", built.candidate) is None
    assert await rig.propose("gt/ap-1", built.candidate) is None
    assert world.origin_tip("gt/ap-1") == built.candidate
    refinery = world.at(world.folder / "rigs" / "app" / "refinery.git")
    renewed = await rig.build("app.ap-1-1", refinery("rev-parse", f"{built.candidate}^2"), built.base, "Anew", ())
    assert await rig.propose("gt/ap-1", renewed.candidate) is None
    assert world.origin_tip("gt/ap-1") == renewed.candidate
    assert world.origin_tip() == built.base


async def test_a_proposal_does_not_run_over_what_a_person_put_there(world, rig, submit):
    built = await proven(rig, submit)
    await rig.propose("gt/ap-1", built.candidate)
    world.person("fetch", "--quiet", "origin", "gt/ap-1")
    world.person("switch", "--quiet", "--detach", "FETCH_HEAD")
    theirs = world.person.commit("Review", new__txt="better\n")
    world.person.push("gt/ap-1")
    refused = await rig.propose("gt/ap-1", built.candidate)
    assert isinstance(refused, Refused)
    assert "gt/ap-1" in refused.reason
    assert world.origin_tip("gt/ap-1") == theirs


async def test_a_refused_proposal_says_why(world, rig, submit):
    built = await proven(rig, submit)
    world.hook("update", "echo no such branches here >&2; exit 1")
    refused = await rig.propose("gt/ap-1", built.candidate)
    assert refused == Refused(
        reason="hook declined: no such branches here\nerror: hook declined to update refs/heads/gt/ap-1"
    )
