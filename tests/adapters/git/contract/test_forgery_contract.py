"""What workers, forges and people do with the words and commits of a landing: none of it lands another's work."""

import pytest

from gastown.actors.commands.mayor import FoundLanding
from gastown.adapters.git.port import AlreadyLanded, Built, Landed, Raced

WORDS = "Merge ap-1: Add\n\nGastown-Bead: ap-1\nGastown-Submission: app.ap-1-1"
TRAILERS = (("Gastown-Bead", "ap-1"), ("Gastown-Submission", "app.ap-1-1"))
OTHERS = (("Gastown-Bead", "ap-2"), ("Gastown-Submission", "app.ap-2-1"))


@pytest.fixture
async def victim(rig, submit):
    """A submission whose candidate waits: (commit, base, what was built)."""
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    return commit, base, await rig.build("app.ap-1-1", commit, base, "Merge ap-1: Add", TRAILERS)


@pytest.fixture
def lands_as_another(stage, rig):
    """A worker of another bead makes its commits, submits, and is landed. -> the landing"""

    async def land(work):
        sandbox = await rig.create_sandbox("ap-2-1", None)
        worker = stage.worker(sandbox)
        worker.commit("Mine", mine__txt="y\n")
        submitted = work(worker)
        await rig.pin(sandbox.worktree, "refs/gastown/submitted/app.ap-2-1", submitted)
        built = await rig.build("app.ap-2-1", submitted, sandbox.base, "Merge ap-2: Mine", OTHERS)
        assert await rig.land("app.ap-2-1", built.base, built.candidate) == Landed(target_commit=built.candidate)
        return FoundLanding(bead="ap-2", submission="app.ap-2-1", commit=submitted, target_commit=built.candidate)

    return land


def words_alone(worker, commit, candidate):
    return worker.commit(WORDS, forged__txt="z\n")


def merge_of_the_commit(worker, commit, candidate):
    return worker.merge(commit, WORDS)


def merge_deep_below(worker, commit, candidate):
    worker.merge(commit, WORDS)
    return worker.commit("Go on", more__txt="z\n")


def merge_of_the_candidate(worker, commit, candidate):
    return worker.merge(candidate, "Merge")


forged = pytest.mark.parametrize(
    "forge",
    [words_alone, merge_of_the_commit, merge_deep_below, merge_of_the_candidate],
    ids=lambda forge: forge.__name__,
)


@forged
async def test_what_another_worker_brought_lands_nothing_of_this_one(rig, victim, lands_as_another, forge):
    commit, base, built = victim
    other = await lands_as_another(lambda worker: forge(worker, commit, built.candidate))
    assert await rig.land("app.ap-1-1", base, built.candidate) == Raced(found=other.target_commit)
    again = await rig.build("app.ap-1-1", commit, base, "Merge ap-1: Add", TRAILERS)
    assert again == Built(base=other.target_commit, candidate=again.candidate)
    assert await rig.land("app.ap-1-1", again.base, again.candidate) == Landed(target_commit=again.candidate)
    assert await rig.build("app.ap-1-1", commit, base, "Merge ap-1: Add", TRAILERS) == AlreadyLanded(
        base=again.candidate, target_commit=again.candidate
    )


@forged
async def test_a_proposal_is_not_seen_in_what_another_worker_brought(rig, victim, lands_as_another, forge):
    commit, base, built = victim
    await rig.propose("gt/ap-1", built.candidate)
    await lands_as_another(lambda worker: forge(worker, commit, built.candidate))
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == ""


@forged
async def test_a_restored_town_finds_the_landing_and_not_what_it_brought(
    rig, make_rig, victim, lands_as_another, forge
):
    commit, _, built = victim
    other = await lands_as_another(lambda worker: forge(worker, commit, built.candidate))
    restored = make_rig("restored")
    await restored.ensure()
    for one in (rig, restored):
        assert await one.landings("", "T1") == [other]


@forged
async def test_who_brought_a_commit_is_said_by_the_landing(rig, victim, lands_as_another, forge):
    commit, _, built = victim
    other = await lands_as_another(lambda worker: forge(worker, commit, built.candidate))
    facts = await rig.questions.commit(other.commit)
    assert (facts.landing, facts.bead) == (other.target_commit, "ap-2")


async def test_a_squash_that_carries_anothers_words_lands_nothing_of_it(stage, rig, victim):
    commit, base, built = victim
    await rig.propose("gt/ap-1", built.candidate)
    stage.person(WORDS, other__txt="z\n")
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == ""
    assert await rig.landings("", "T1") == []


async def test_a_squash_beside_what_somebody_else_changed_is_seen_by_the_candidates_changes(stage, rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    commit = stage.worker(sandbox).commit("Mine", new__txt="x\n", readme__md="hello\nyou\n")
    await rig.pin(sandbox.worktree, "refs/gastown/submitted/app.ap-1-1", commit)
    stage.person("The same", readme__md="hello\nyou\n")
    built = await rig.build("app.ap-1-1", commit, sandbox.base, "Add", TRAILERS)
    await rig.propose("gt/ap-1", built.candidate)
    squashed = stage.person("All in one", new__txt="x\n")
    assert await rig.seen_on_target("app.ap-1-1", sandbox.base, commit) == squashed


async def test_a_landing_is_found_behind_a_merge_that_takes_the_target_back(stage, rig, victim):
    commit, base, built = victim
    stage.arrive(base, branch="feature")
    stage.person("Feature", branch="feature", feature__txt="f\n")
    await rig.land("app.ap-1-1", base, built.candidate)
    stage.merge(built.candidate, branch="feature")
    merged = stage.merge(stage.tip("feature"))
    assert merged == stage.tip("feature")
    found = await rig.build("app.ap-1-1", commit, base, "Merge ap-1: Add", TRAILERS)
    assert found == AlreadyLanded(base=merged, target_commit=built.candidate)
    assert [one.target_commit for one in await rig.landings("", "T1")] == [built.candidate]


async def test_a_merge_to_which_a_forge_gave_the_proposals_words_is_seen(stage, rig, victim):
    commit, base, built = victim
    await rig.propose("gt/ap-1", built.candidate)
    stage.person("Theirs", theirs__txt="t\n")
    stage.merge(built.candidate, message=WORDS)
    assert await rig.seen_on_target("app.ap-1-1", base, commit) == built.candidate


async def test_a_worker_who_starts_from_a_landing_does_not_hide_it(stage, rig, victim, lands_as_another):
    commit, base, built = victim
    await rig.land("app.ap-1-1", base, built.candidate)
    await lands_as_another(lambda worker: worker.head)
    found = await rig.build("app.ap-1-1", commit, base, "Merge ap-1: Add", TRAILERS)
    assert isinstance(found, AlreadyLanded)
    assert found.target_commit == built.candidate
