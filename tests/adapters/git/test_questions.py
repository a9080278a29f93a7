"""What people ask: what changed, who brought this commit, whether all is there."""

import pytest

from gastown.adapters.git import questions
from gastown.errors import UnknownThingError

TRAILERS = (("Gastown-Bead", "ap-1"), ("Gastown-Submission", "app.ap-1-1"), ("Gastown-Trace", "abc"))


@pytest.fixture
async def landed(world, rig, submit):
    """A landing between two commits of a person: (worker's commit, landing)."""
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    world.person.commit("Before", before__txt="y\n")
    world.person.push()
    built = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    await rig.land("app.ap-1-1", built.base, built.candidate)
    world.pull()
    world.person.commit("After", after__txt="z\n")
    world.person.push()
    await rig.target(fetch=True)
    return commit, built.candidate


async def test_a_patch_between_two_commits(world, rig, landed):
    commit, _ = landed
    patch = await rig.questions.diff(world.first, commit)
    assert "+++ b/new.txt" in patch
    assert "before.txt" not in patch
    with pytest.raises(UnknownThingError):
        await rig.questions.diff(world.first, "1" * 40)


async def test_a_patch_that_is_too_long_is_cut_and_says_so(world, rig, submit, monkeypatch):
    monkeypatch.setattr(questions, "LONGEST_PATCH", 200)
    commit, base = await submit(rig, "ap-1-1", new__txt="a long line\n" * 100)
    patch = await rig.questions.diff(base, commit)
    assert len(patch) < 300
    assert "cut here: the whole patch has" in patch


async def test_a_running_sandbox_shows_committed_changed_and_new_files(world, rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = world.at(sandbox.worktree)
    worker.commit("Mine", committed__txt="x\n")
    worker.write("code.py", "changed\n")
    worker.write("new.txt", "untracked\n")
    before = worker("status", "--porcelain")
    patch = await rig.questions.diff_sandbox("ap-1-1")
    assert {line for line in patch.splitlines() if line.startswith("+++")} == {
        "+++ b/committed.txt",
        "+++ b/code.py",
        "+++ b/new.txt",
    }
    assert worker("status", "--porcelain") == before
    with pytest.raises(UnknownThingError, match="ap-9-1"):
        await rig.questions.diff_sandbox("ap-9-1")


async def test_a_workers_commit_leads_to_its_landing(rig, landed):
    commit, candidate = landed
    for name in (commit, commit[:10], candidate[:10]):
        facts = await rig.questions.commit(name)
        assert facts.landing == candidate
        assert (facts.bead, facts.submission, facts.trace) == ("ap-1", "app.ap-1-1", "abc")
    assert (await rig.questions.commit(commit[:10])).commit == commit


async def test_a_persons_commit_was_brought_by_no_landing(world, rig, landed):
    for name in ("HEAD", "HEAD~2", world.first):
        commit = world.person("rev-parse", name)
        facts = await rig.questions.commit(commit)
        assert (facts.commit, facts.landing, facts.bead) == (commit, "", "")


async def test_a_commit_that_was_just_pushed_is_found_and_an_unknown_one_is_said_to_be(world, rig):
    world.person.commit("Fresh", fresh__txt="x\n")
    tip = world.person.push()
    assert (await rig.questions.commit(tip[:12])).commit == tip
    for name in ("1" * 12, "--all", "main"):
        with pytest.raises(UnknownThingError):
            await rig.questions.commit(name)


async def test_proof_that_all_is_there(world, rig, landed):
    commit, candidate = landed
    sandbox = await rig.create_sandbox("ap-2-1", None)
    await rig.pin(sandbox.worktree, "refs/heads/gt/kept/ap-2-1", commit)
    pins = [
        ("refs/gastown/submitted/app.ap-1-1", commit),
        ("refs/gastown/candidates/app.ap-1-1", candidate),
        ("refs/heads/gt/kept/ap-2-1", commit),
    ]
    assert await rig.questions.proof([commit, candidate, world.first], pins) == []


async def test_proof_names_everything_that_is_missing(world, rig, landed, submit):
    commit, candidate = landed
    stray, _ = await submit(rig, "ap-2-1", stray__txt="x\n")
    world.at(world.folder / "rigs" / "app" / "refinery.git")("update-ref", "-d", "refs/gastown/submitted/app.ap-1-1")
    complaints = await rig.questions.proof(
        [candidate, stray, "1" * 40],
        [("refs/gastown/submitted/app.ap-1-1", commit), ("refs/gastown/submitted/app.ap-2-1", candidate)],
    )
    assert complaints == [
        f"landed commit {'1' * 40} is nowhere in the repository",
        f"landed commit {stray} is not on main",
        f"refs/gastown/submitted/app.ap-1-1 should be at {commit}: it is gone",
        f"refs/gastown/submitted/app.ap-2-1 should be at {candidate}: it is {stray}",
    ]


async def test_a_target_a_person_rewrote_no_longer_proves_the_landing(world, rig, landed):
    _, candidate = landed
    world.at(world.origin)("update-ref", "refs/heads/main", world.first)
    assert await rig.questions.proof([candidate], []) == [f"landed commit {candidate} is not on main"]
