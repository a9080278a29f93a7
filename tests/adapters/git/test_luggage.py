"""A Refinery's repository, taken along and made anew elsewhere; and one that has no origin any more."""

from pathlib import Path
from typing import Any

import pytest

from gastown.adapters.git.git_rig import GitRig
from gastown.adapters.git.luggage import Luggage, pack, unpack
from gastown.adapters.git.port import GitFailedError
from gastown.adapters.git.program import GitProgram
from gastown.adapters.git.repositories import Repositories
from gastown.events.rig import RigConfig


def repositories(folder: Path, config: RigConfig) -> Repositories:
    return Repositories(folder, config, GitProgram())


async def moved(rig: GitRig, folder: Path, named: dict[str, str], *also: str) -> tuple[GitRig, Luggage]:
    """The same rig with repositories made of its luggage, its origin taken away."""
    old = repositories(folder / "rigs" / "app", rig.config)
    luggage = await pack(old, named, also, folder / "app.pack")
    assert luggage is not None
    config = RigConfig(origin="", target="main", landing="main", prefix="ap")
    await unpack(repositories(folder / "new" / "app", config), luggage, folder / "app.pack")
    made = GitRig(folder / "new" / "app", "app", config)
    await made.ensure()
    return made, luggage


async def test_what_was_pinned_is_there_again_and_the_target_is_as_it_was_last_seen(
    world: Any, rig: GitRig, submit: Any
) -> None:
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    built: Any = await rig.build("app.ap-1-1", commit, base, "Add", (("Gastown-Submission", "app.ap-1-1"),))
    ref = "refs/gastown/submitted/app.ap-1-1"
    made, luggage = await moved(rig, world.folder, {ref: commit}, built.candidate)
    assert (luggage.missing, dict(luggage.refs)[ref]) == ((), commit)
    assert await made.target(fetch=True) == await rig.target(fetch=False) == base
    assert await made.questions.proof([base], [(ref, commit)]) == []
    assert "+x" in await made.questions.diff(base, built.candidate)
    sandbox = await made.create_sandbox("ap-2-1", None)
    assert (sandbox.worktree / "readme.md").read_text() == "hello\n"


async def test_a_ref_goes_along_as_the_log_has_it_and_what_is_lost_is_said(
    world: Any, rig: GitRig, submit: Any
) -> None:
    first, _ = await submit(rig, "ap-1-1", new__txt="x\n")
    second, _ = await submit(rig, "ap-1-2", new__txt="y\n")
    ref, lost = "refs/heads/gt/kept/ap-1-1", "1" * 40
    await rig.pin(world.folder, ref, second)
    made, luggage = await moved(rig, world.folder, {ref: first, "refs/heads/gt/kept/ap-9-1": lost})
    assert luggage.missing == (lost,)
    assert await made.questions.proof([], [(ref, first)]) == []


async def test_without_an_origin_nothing_is_pushed(world: Any, rig: GitRig, submit: Any) -> None:
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    built: Any = await rig.build("app.ap-1-1", commit, base, "Add", (("Gastown-Submission", "app.ap-1-1"),))
    made, _ = await moved(rig, world.folder, {}, built.candidate)
    with pytest.raises(GitFailedError, match="no origin"):
        await made.land("app.ap-1-1", base, built.candidate)
    with pytest.raises(GitFailedError, match="no origin"):
        await made.propose("gastown/ap-1-1", built.candidate)
    (step,) = await made.check_origin()
    assert not step.ok and "no origin" in step.detail
    assert world.origin_tip() == base


async def test_a_rig_in_which_nothing_was_done_has_no_luggage(world: Any, make_rig: Any) -> None:
    rig = make_rig("never")
    assert await pack(repositories(world.folder / "never" / "app", rig.config), {}, (), world.folder / "p") is None
