"""A person's checkout without a remote as origin: what is proven lands on gt/main."""

import pytest

from gastown.adapters.git.port import Landed, Refused


@pytest.fixture
async def own(stage, make_rig):
    stage.own_checkout()
    rig = make_rig(landing="gt/main")
    await rig.ensure()
    return rig


async def landed(rig, submit, session, **files):
    commit, base = await submit(rig, session, **files)
    built = await rig.build(f"app.{session}", commit, base, "Add", ())
    return built, await rig.land(f"app.{session}", built.base, built.candidate)


async def test_the_first_landing_makes_the_branch_and_the_next_goes_on_from_it(stage, own, submit):
    first, landing = await landed(own, submit, "ap-1-1", new__txt="x\n")
    assert landing == Landed(target_commit=first.candidate)
    assert first.base == stage.first
    assert stage.tip("gt/main") == first.candidate
    assert await own.target(fetch=True) == first.candidate
    second, landing = await landed(own, submit, "ap-2-1", more__txt="y\n")
    assert landing == Landed(target_commit=second.candidate)
    assert second.base == first.candidate
    assert stage.tip() == stage.first


async def test_it_is_known_after_a_restart(own, submit, make_rig):
    first, _ = await landed(own, submit, "ap-1-1", new__txt="x\n")
    restarted = make_rig(landing="gt/main")
    await restarted.ensure()
    assert await restarted.target(fetch=False) == first.candidate
    again = await restarted.land("app.ap-1-1", first.base, first.candidate)
    assert again == Landed(target_commit=first.candidate)


async def test_once_the_person_has_merged_work_goes_on_from_their_branch(stage, own, submit):
    first, _ = await landed(own, submit, "ap-1-1", new__txt="x\n")
    stage.person("Theirs", other__txt="y\n")
    merged = stage.merge(first.candidate)
    assert await own.target(fetch=True) == merged
    second, landing = await landed(own, submit, "ap-2-1", more__txt="y\n")
    assert second.base == merged
    assert landing == Landed(target_commit=second.candidate)
    assert stage.tip("gt/main") == second.candidate
    assert await own.questions.proof([first.candidate, second.candidate], []) == []


async def test_a_commit_of_the_persons_alone_does_not_hide_what_landed(stage, own, submit):
    first, _ = await landed(own, submit, "ap-1-1", new__txt="x\n")
    stage.person("Theirs", other__txt="y\n")
    assert await own.target(fetch=True) == first.candidate


async def test_a_branch_deleted_after_its_merge_is_made_again(stage, own, submit):
    first, _ = await landed(own, submit, "ap-1-1", new__txt="x\n")
    stage.merge(first.candidate)
    stage.delete("gt/main")
    second, landing = await landed(own, submit, "ap-2-1", more__txt="y\n")
    assert landing == Landed(target_commit=second.candidate)
    assert stage.tip("gt/main") == second.candidate


async def test_a_landing_branch_that_is_checked_out_is_refused_with_the_reason(stage, own, submit):
    first, _ = await landed(own, submit, "ap-1-1", new__txt="x\n")
    stage.check_out("gt/main")
    _, landing = await landed(own, submit, "ap-2-1", more__txt="y\n")
    assert isinstance(landing, Refused)
    assert "gt/main is checked out" in landing.reason
    assert stage.tip("gt/main") == first.candidate
