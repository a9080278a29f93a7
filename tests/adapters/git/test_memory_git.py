"""What only git in memory has: a host can be killed between any two steps, and a push be late or cut off."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from gastown.adapters.git.memory_git import MemoryGit
from gastown.adapters.git.memory_rig import MemoryRig
from gastown.adapters.git.memory_store import MemoryStore
from gastown.adapters.git.port import Built, GitFailedError, Landed, Raced
from gastown.events.rig import RigConfig
from gastown.events.session import Earlier

LOCAL, REMOTE = "/home/ada/app.git", "https://example.org/app.git"
ROOT = Path("/town/rigs/app")
SUBMITTED = "refs/gastown/submitted/app.ap-1-1"
KEPT = "refs/heads/gt/kept/ap-1-1"


class KilledError(BaseException):
    """The host is dead."""


class Stage:
    """A store, and hosts that come and go. until: the pauses a host lives through, None for all."""

    def __init__(self, location: str = LOCAL) -> None:
        self.store = MemoryStore()
        self.location = location
        self.origin = self.store.origin(location)
        self.first = self.origin.commit("First", readme__md="hello\n", code__py="one\n")
        self.steps: list[str] = []

    def host(self, until: int | None = None, dies_at: str = "") -> MemoryRig:
        self.steps = []

        async def pause(step: str) -> None:
            if len(self.steps) == until or step == dies_at:
                raise KilledError
            self.steps.append(step)

        config = RigConfig(origin=self.location, target="main", landing="main", prefix="ap")
        return MemoryGit(self.store, pause).rig(ROOT, "app", config)

    async def proven(self) -> Built:
        rig = self.host()
        await rig.ensure()
        sandbox = await rig.create_sandbox("ap-1-1", None)
        commit = self.store.worktree(sandbox.worktree).commit("Mine", new__txt="x\n")
        await rig.pin(sandbox.worktree, SUBMITTED, commit)
        built = await rig.build("app.ap-1-1", commit, sandbox.base, "Add", ())
        assert isinstance(built, Built)
        return built


async def whole_way(stage: Stage, rig: MemoryRig) -> None:
    """All that a host does for a bead, each step safe to repeat."""
    await rig.ensure()
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worktree = stage.store.worktree(sandbox.worktree)
    if worktree.head == sandbox.base:
        worktree.commit("Mine", new__txt="x\n")
        worktree.files["left.txt"] = "left\n"
    left = await rig.inspect(sandbox.worktree, sandbox.base)
    await rig.pin(sandbox.worktree, SUBMITTED, left.head)
    await rig.pin(sandbox.worktree, KEPT, await rig.save_work(sandbox.worktree, "Kept"))
    built = await rig.build("app.ap-1-1", left.head, sandbox.base, "Add", ())
    if isinstance(built, Built):
        folder = ROOT / "candidates" / "one"
        await rig.remove_checkout(folder)
        await rig.checkout(built.candidate, folder)
        await rig.remove_checkout(folder)
        assert isinstance(await rig.land("app.ap-1-1", built.base, built.candidate), Landed)


async def clearing_up(stage: Stage, rig: MemoryRig) -> None:
    """What follows it, and another attempt."""
    await rig.remove_sandbox("ap-1-1")
    refs = stage.store.refs(ROOT)
    earlier = Earlier(session="ap-1-1", commit=refs[KEPT], base=stage.first)
    again = await rig.create_sandbox("ap-1-2", earlier)
    assert (again.reapplied, again.left) == (1, 0)
    assert stage.store.worktree(again.worktree).files["left.txt"] == "left\n"
    assert await rig.propose("gt/ap-1", refs["refs/gastown/candidates/app.ap-1-1"]) is None


Way = Callable[[Stage, MemoryRig], Awaitable[None]]


async def after(*ways: Way) -> Stage:
    stage = Stage()
    for way in ways:
        await way(stage, stage.host())
    return stage


@pytest.mark.parametrize("ways", [(whole_way,), (whole_way, clearing_up)])
async def test_killed_at_any_step_the_next_host_brings_it_to_the_same_end(ways: tuple[Way, ...]) -> None:
    *before, way = ways
    steps = len((await after(*ways)).steps)
    assert steps > 10
    for number in range(steps):
        stage = await after(*before)
        with pytest.raises(KilledError):
            await way(stage, stage.host(until=number))
        await way(stage, stage.host())

        tip, commits = stage.origin.branches["main"], stage.store.commits
        landings = [commit for commit in commits.between(stage.first, tip) if len(commit.parents) == 2]
        assert len(landings) == 1, f"killed at step {number}"
        assert commits[tip].tree["new.txt"] == "x\n"
        assert commits[stage.store.refs(ROOT)[KEPT]].tree["left.txt"] == "left\n"
        assert stage.store.checkouts == {}
        assert stage.origin.underway == []


async def test_a_push_to_this_machine_ends_with_its_host() -> None:
    stage = Stage()
    built = await stage.proven()
    with pytest.raises(KilledError):
        await stage.host(dies_at="push: underway").land("app.ap-1-1", built.base, built.candidate)
    (push,) = stage.origin.underway
    restarted = stage.host()
    await restarted.ensure()
    stage.origin.arrive(push)
    assert stage.origin.branches["main"] == stage.first
    assert await restarted.land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)


async def test_a_push_to_elsewhere_may_arrive_after_its_host_has_died() -> None:
    stage = Stage(REMOTE)
    built = await stage.proven()
    with pytest.raises(KilledError):
        await stage.host(dies_at="push: underway").land("app.ap-1-1", built.base, built.candidate)
    (push,) = stage.origin.underway
    restarted = stage.host()
    await restarted.ensure()
    stage.origin.arrive(push)
    assert stage.origin.branches["main"] == built.candidate
    assert await restarted.land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)


async def test_a_push_that_arrives_too_late_moves_nothing() -> None:
    stage = Stage(REMOTE)
    built = await stage.proven()
    with pytest.raises(KilledError):
        await stage.host(dies_at="push: underway").land("app.ap-1-1", built.base, built.candidate)
    tip = stage.origin.commit("Theirs", other__txt="y\n")
    (push,) = stage.origin.underway
    stage.origin.arrive(push)
    assert stage.origin.branches["main"] == tip
    assert await stage.host().land("app.ap-1-1", built.base, built.candidate) == Raced(found=tip)


async def test_a_push_whose_answer_is_lost_has_landed() -> None:
    stage = Stage()
    built = await stage.proven()
    stage.origin.lost = 1
    assert await stage.host().land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)
    assert stage.origin.branches["main"] == built.candidate


async def test_a_push_that_breaks_off_tells_nothing_and_is_tried_again() -> None:
    stage = Stage()
    built = await stage.proven()
    stage.origin.cut = 1
    rig = stage.host()
    with pytest.raises(GitFailedError, match="broken off"):
        await rig.land("app.ap-1-1", built.base, built.candidate)
    assert stage.origin.branches["main"] == stage.first
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)
