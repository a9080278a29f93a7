"""What only real git has of a landing: hooks of the origin, and what it leaves on disk."""

from gastown.adapters.git.port import Landed, Refused


async def proven(rig, submit, session="ap-1-1", **files):
    commit, base = await submit(rig, session, **(files or {"new__txt": "x\n"}))
    return await rig.build(f"app.{session}", commit, base, "Add", (("Gastown-Submission", f"app.{session}"),))


async def test_a_landing_is_known_to_the_refinerys_repository_and_leaves_no_intent(world, rig, submit):
    built = await proven(rig, submit)
    assert await rig.land("app.ap-1-1", built.base, built.candidate) == Landed(target_commit=built.candidate)
    refinery = world.at(world.folder / "rigs" / "app" / "refinery.git")
    assert refinery("rev-parse", "refs/remotes/origin/main") == built.candidate
    assert not (world.folder / "rigs" / "app" / "push-intent.json").exists()


async def test_a_hook_of_the_origin_sees_nothing_of_ours_but_that_all_is_flushed(world, rig, submit, monkeypatch):
    monkeypatch.setenv("GT_SECRET", "x")
    built = await proven(rig, submit)
    world.hook("post-receive", f"env > {world.folder}/seen")
    await rig.land("app.ap-1-1", built.base, built.candidate)
    seen = (world.folder / "seen").read_text()
    assert "GIT_DIR=" in seen
    assert "GT_SECRET" not in seen
    given = [line for line in seen.splitlines() if line.startswith("GIT_CONFIG_PARAMETERS")]
    assert given == ["GIT_CONFIG_PARAMETERS='core.fsync'='all'"]


async def test_a_refused_proposal_says_why(world, rig, submit):
    built = await proven(rig, submit)
    world.hook("update", "echo no such branches here >&2; exit 1")
    refused = await rig.propose("gt/ap-1", built.candidate)
    assert refused == Refused(
        reason="hook declined: no such branches here\nerror: hook declined to update refs/heads/gt/ap-1"
    )
