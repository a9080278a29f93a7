"""What people ask: what changed, who brought this commit, whether all is there."""

import pytest

from gastown.adapters.git import questions
from gastown.errors import UnknownThingError

TRAILERS = (("Gastown-Bead", "ap-1"), ("Gastown-Submission", "app.ap-1-1"), ("Gastown-Trace", "abc"))


@pytest.fixture
async def landed(stage, rig, submit):
    """A landing between two commits of a person: (worker's commit, landing, the person's two)."""
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    before = stage.person("Before", before__txt="y\n")
    built = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    await rig.land("app.ap-1-1", built.base, built.candidate)
    after = stage.person("After", after__txt="z\n")
    await rig.target(fetch=True)
    return commit, built.candidate, (before, after)


async def test_a_patch_between_two_commits(stage, rig, landed):
    patch = await rig.questions.diff(stage.first, landed[0])
    lines = patch.splitlines()
    assert "diff --git a/new.txt b/new.txt" in lines
    assert "--- /dev/null" in lines
    assert "+++ b/new.txt" in lines
    assert "+x" in lines
    assert "before.txt" not in patch
    with pytest.raises(UnknownThingError):
        await rig.questions.diff(stage.first, "1" * 40)


async def test_a_patch_that_is_too_long_is_cut_and_says_so(rig, submit, monkeypatch):
    monkeypatch.setattr(questions, "LONGEST_PATCH", 200)
    commit, base = await submit(rig, "ap-1-1", new__txt="a long line\n" * 100)
    patch = await rig.questions.diff(base, commit)
    assert len(patch) < 300
    assert "cut here: the whole patch has" in patch


async def test_a_running_sandbox_shows_committed_changed_and_new_files(stage, rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = stage.worker(sandbox)
    worker.commit("Mine", committed__txt="x\n")
    worker.write("code.py", "changed\n")
    worker.write("new.txt", "untracked\n")
    worker.remove("readme.md")
    before = await rig.inspect(sandbox.worktree, sandbox.base)
    patch = await rig.questions.diff_sandbox("ap-1-1")
    named = {line for line in patch.splitlines() if line.startswith(("+++", "---"))}
    news = {"--- /dev/null", "+++ b/committed.txt", "+++ b/new.txt", "--- a/code.py", "+++ b/code.py"}
    assert named == {*news, "--- a/readme.md", "+++ /dev/null"}
    assert {"-one", "+changed", "-hello"} <= set(patch.splitlines())
    assert await rig.inspect(sandbox.worktree, sandbox.base) == before
    with pytest.raises(UnknownThingError, match="ap-9-1"):
        await rig.questions.diff_sandbox("ap-9-1")


async def test_a_workers_commit_leads_to_its_landing(rig, landed):
    commit, candidate, _ = landed
    for name in (commit, commit[:10], candidate[:10]):
        facts = await rig.questions.commit(name)
        assert facts.landing == candidate
        assert (facts.bead, facts.submission, facts.trace) == ("ap-1", "app.ap-1-1", "abc")
    assert (await rig.questions.commit(commit[:10])).commit == commit


async def test_a_persons_commit_was_brought_by_no_landing(stage, rig, landed):
    for commit in (*landed[2], stage.first):
        facts = await rig.questions.commit(commit)
        assert (facts.commit, facts.landing, facts.bead) == (commit, "", "")


async def test_a_commit_that_was_just_pushed_is_found_and_an_unknown_one_is_said_to_be(stage, rig):
    tip = stage.person("Fresh", fresh__txt="x\n")
    assert (await rig.questions.commit(tip[:12])).commit == tip
    for name in ("1" * 12, "--all", "main", ""):
        with pytest.raises(UnknownThingError):
            await rig.questions.commit(name)


async def test_proof_that_all_is_there(stage, rig, landed):
    commit, candidate, _ = landed
    sandbox = await rig.create_sandbox("ap-2-1", None)
    await rig.pin(sandbox.worktree, "refs/heads/gt/kept/ap-2-1", commit)
    pins = [
        ("refs/gastown/submitted/app.ap-1-1", commit),
        ("refs/gastown/candidates/app.ap-1-1", candidate),
        ("refs/heads/gt/kept/ap-2-1", commit),
    ]
    assert await rig.questions.proof([commit, candidate, stage.first], pins) == []


async def test_proof_names_everything_that_is_missing(stage, rig, landed, submit):
    commit, candidate, _ = landed
    stray, _ = await submit(rig, "ap-2-1", stray__txt="x\n")
    stage.unpin("refs/gastown/submitted/app.ap-1-1")
    found = await rig.questions.proof(
        [candidate, stray, "1" * 40],
        [
            ("refs/gastown/submitted/app.ap-1-1", commit),
            ("refs/gastown/submitted/app.ap-2-1", candidate),
            ("refs/gastown/candidates/app.ap-1-1", "2" * 40),
        ],
    )
    assert found == [
        f"landed commit {'1' * 40} is nowhere in the repository",
        f"landed commit {stray} is not on main",
        f"refs/gastown/submitted/app.ap-1-1 should be at {commit}: it is gone",
        f"refs/gastown/submitted/app.ap-2-1 should be at {candidate}: it is {stray}",
        f"refs/gastown/candidates/app.ap-1-1 should be at {'2' * 40}: it is {candidate}",
        f"the commit at refs/gastown/candidates/app.ap-1-1 is gone: {'2' * 40}",
    ]


async def test_a_target_a_person_rewrote_no_longer_proves_the_landing(stage, rig, landed):
    _, candidate, _ = landed
    stage.reset("main", stage.first)
    assert await rig.questions.proof([candidate], []) == [f"landed commit {candidate} is not on main"]
