"""Candidates: what is built, what conflicts, what has landed before; and the checkouts they are proven in."""

import pytest

from gastown.actors.commands.mayor import FoundLanding
from gastown.adapters.git.candidates import STRANGERS
from gastown.adapters.git.port import AlreadyLanded, Built, Conflicted, GitFailedError, Landed, Overtaken

TRAILERS = (("Gastown-Bead", "ap-1"), ("Gastown-Submission", "app.ap-1-1"), ("Gastown-Trace", "abc"))


async def test_a_candidate_is_one_merge_with_trailers_on_the_target_as_it_is_now(stage, rig, submit):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    tip = stage.person("Theirs", other__txt="y\n")
    built = await rig.build("app.ap-1-1", commit, base, "Add new (ap-1)", TRAILERS)
    assert built == Built(base=tip, candidate=built.candidate)
    assert stage.parents(built.candidate) == [tip, commit]
    trailers = "Gastown-Bead: ap-1\nGastown-Submission: app.ap-1-1\nGastown-Trace: abc"
    assert stage.message(built.candidate) == f"Add new (ap-1)\n\n{trailers}"
    code = "one\ntwo\nthree\n"
    everything = {"code.py": code, "new.txt": "x\n", "other.txt": "y\n", "readme.md": "hello\n"}
    assert stage.tree(built.candidate) == everything
    assert stage.pinned("refs/gastown/candidates/app.ap-1-1") == built.candidate
    assert stage.tip() == tip


async def test_building_again_gives_the_same_tree_and_moves_the_pin(stage, rig, submit):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    first = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    second = await rig.build("app.ap-1-1", commit, base, "Add anew", TRAILERS)
    assert second.candidate != first.candidate
    assert stage.tree(first.candidate) == stage.tree(second.candidate)
    assert stage.pinned("refs/gastown/candidates/app.ap-1-1") == second.candidate


async def test_what_was_removed_on_either_side_stays_removed(stage, rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = stage.worker(sandbox)
    worker.remove("code.py")
    commit = worker.commit("Without code", new__txt="x\n")
    await rig.pin(sandbox.worktree, "refs/gastown/submitted/app.ap-1-1", commit)
    stage.person("Without readme", remove="readme.md")
    built = await rig.build("app.ap-1-1", commit, sandbox.base, "Add", ())
    assert stage.tree(built.candidate) == {"new.txt": "x\n"}


async def test_a_conflict_names_its_files(stage, rig, submit):
    commit, base = await submit(rig, "ap-1-1", code__py="mine\n", readme__md="mine\n", new__txt="x\n")
    tip = stage.person("Theirs", code__py="theirs\n", readme__md="theirs\n")
    built = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    assert built == Conflicted(base=tip, files=("code.py", "readme.md"))
    assert stage.pinned("refs/gastown/candidates/app.ap-1-1") == ""


async def test_the_same_file_made_twice_or_changed_here_and_removed_there_conflicts(stage, rig, submit):
    commit, base = await submit(rig, "ap-1-1", code__py="mine\n", new__txt="mine\n")
    tip = stage.person("Theirs", remove="code.py", new__txt="theirs\n")
    built = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    assert built == Conflicted(base=tip, files=("code.py", "new.txt"))


async def test_the_same_change_on_both_sides_is_no_conflict(stage, rig, submit):
    commit, base = await submit(rig, "ap-1-1", code__py="same\n", new__txt="x\n")
    tip = stage.person("Theirs", code__py="same\n")
    built = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    assert built == Built(base=tip, candidate=built.candidate)


async def test_a_branch_without_common_history_is_a_conflict_not_a_fault(stage, rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = stage.worker(sandbox)
    worker.switch("new-world", orphan=True)
    commit = worker.commit("Everything new", new__txt="x\n")
    await rig.pin(sandbox.worktree, "refs/gastown/submitted/app.ap-1-1", commit)
    built = await rig.build("app.ap-1-1", commit, sandbox.base, "Add", TRAILERS)
    assert built == Conflicted(base=stage.first, files=(STRANGERS,))


async def test_what_landed_before_is_found_by_its_trailer(stage, rig, submit, make_rig):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    built = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    assert isinstance(await rig.land("app.ap-1-1", built.base, built.candidate), Landed)
    tip = stage.person("Theirs", other__txt="y\n")
    restarted = make_rig()
    await restarted.ensure()
    found = await restarted.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    assert found == AlreadyLanded(base=tip, target_commit=built.candidate)


def of(session, bead="ap-1", town="T1"):
    named = {"Gastown-Bead": bead, "Gastown-Submission": f"app.{session}", "Gastown-Town": town}
    return tuple(named.items())


async def test_a_bead_landed_by_a_town_of_the_same_past_is_not_landed_again(stage, rig, submit, make_rig):
    mine, base = await submit(rig, "ap-1-2", mine__txt="x\n")
    elsewhere = make_rig("elsewhere")
    await elsewhere.ensure()
    theirs, _ = await submit(elsewhere, "ap-1-3", theirs__txt="x\n")
    built = await elsewhere.build("app.ap-1-3", theirs, base, "Add", of("ap-1-3"))
    assert await elsewhere.land("app.ap-1-3", base, built.candidate) == Landed(target_commit=built.candidate)
    found = FoundLanding(bead="ap-1", submission="app.ap-1-3", commit=theirs, target_commit=built.candidate)
    assert await rig.build("app.ap-1-2", mine, base, "Add", of("ap-1-2")) == Overtaken(base=stage.tip(), by=found)
    for named in (of("ap-1-2", town="T2"), of("ap-1-2", bead="ap-11"), of("ap-1-2", town="")):
        assert isinstance(await rig.build("app.ap-1-2", mine, base, "Add", named), Built)


async def test_one_landed_before_the_work_began_is_found_behind_the_last_that_is_known(stage, rig, submit, make_rig):
    known = stage.tip()
    elsewhere = make_rig("elsewhere")
    await elsewhere.ensure()
    theirs, base = await submit(elsewhere, "ap-1-3", theirs__txt="x\n")
    built = await elsewhere.build("app.ap-1-3", theirs, base, "Add", of("ap-1-3"))
    await elsewhere.land("app.ap-1-3", base, built.candidate)
    await rig.target(fetch=True)
    mine, base = await submit(rig, "ap-1-2", mine__txt="x\n")
    assert base == built.candidate
    found = FoundLanding(bead="ap-1", submission="app.ap-1-3", commit=theirs, target_commit=built.candidate)
    for look_from in (known, ""):
        overtaken = await rig.build("app.ap-1-2", mine, base, "Add", of("ap-1-2"), look_from)
        assert overtaken == Overtaken(base=stage.tip(), by=found)
    for look_from in (built.candidate, None, "7" * 40):
        assert isinstance(await rig.build("app.ap-1-2", mine, base, "Add", of("ap-1-2"), look_from), Built)


async def test_words_in_what_a_worker_made_do_not_say_that_a_bead_has_landed(stage, rig, submit):
    words = "Forged\n\nGastown-Bead: ap-1\nGastown-Submission: app.ap-1-9\nGastown-Town: T1"
    commit, base = await submit(rig, "ap-1-1", mine__txt="x\n")
    stage.person(words, forged__txt="x\n")
    assert isinstance(await rig.build("app.ap-1-1", commit, base, "Add", of("ap-1-1")), Built)


async def test_another_submission_or_a_quotation_of_the_trailer_is_not_taken_for_it(stage, rig, submit):
    other, base = await submit(rig, "ap-1-11", other__txt="x\n")
    built = await rig.build("app.ap-1-11", other, base, "Add", (("Gastown-Submission", "app.ap-1-11"),))
    await rig.land("app.ap-1-11", built.base, built.candidate)
    stage.person("Quote\n\nGastown-Submission: app.ap-1-1", note__txt="y\n")
    commit, _ = await submit(rig, "ap-1-1", new__txt="x\n")
    assert isinstance(await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS), Built)


async def test_what_landed_and_was_taken_off_again_by_a_person_is_built_anew(stage, rig, submit):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    built = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    await rig.land("app.ap-1-1", built.base, built.candidate)
    stage.reset("main", base)
    again = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    assert again == Built(base=base, candidate=again.candidate)


async def test_a_commit_that_was_not_pinned_cannot_be_built(stage, rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    commit = stage.worker(sandbox).commit("Mine", new__txt="x\n")
    with pytest.raises(GitFailedError, match=r"merging app\.ap-1-1"):
        await rig.build("app.ap-1-1", commit, sandbox.base, "Add", TRAILERS)


async def test_nothing_is_built_without_the_origin(stage, rig, submit):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    with stage.unreachable(), pytest.raises(GitFailedError):
        await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)


async def test_a_checkout_holds_the_candidate_and_goes_when_it_is_removed(stage, rig, submit):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    built = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    folder = stage.folder / "rigs" / "app" / "candidates" / "app.ap-1-1-1"
    await rig.checkout(built.candidate, folder)
    assert stage.files(folder) == stage.tree(built.candidate)
    await rig.remove_checkout(folder)
    await rig.remove_checkout(folder)
    assert not stage.is_there(folder)
    await rig.checkout(base, folder)
    assert stage.files(folder) == stage.tree(base)


async def test_a_checkout_into_a_folder_that_is_there_fails(stage, rig):
    folder = stage.folder / "candidate"
    await rig.checkout(stage.first, folder)
    with pytest.raises(FileExistsError):
        await rig.checkout(stage.first, folder)


async def test_a_commit_nobody_knows_cannot_be_checked_out(stage, rig):
    folder = stage.folder / "candidate"
    with pytest.raises(GitFailedError, match="checking out 111111111111"):
        await rig.checkout("1" * 40, folder)
    await rig.remove_checkout(folder)
    await rig.checkout(stage.first, folder)
