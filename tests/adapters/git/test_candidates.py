"""Candidates: what is built, what conflicts, what has landed before; and the checkouts they are proven in."""

import pytest

from gastown.adapters.git.candidates import STRANGERS, candidate_message
from gastown.adapters.git.port import AlreadyLanded, Built, Conflicted, GitFailedError, Landed

TRAILERS = (("Gastown-Bead", "ap-1"), ("Gastown-Submission", "app.ap-1-1"), ("Gastown-Trace", "abc"))


def refinery_of(world):
    return world.at(world.folder / "rigs" / "app" / "refinery.git")


async def test_a_candidate_is_one_merge_with_trailers_on_the_target_as_it_is_now(world, rig, submit):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    world.person.commit("Theirs", other__txt="y\n")
    tip = world.person.push()
    built = await rig.build("app.ap-1-1", commit, base, "Add new (ap-1)", TRAILERS)
    assert isinstance(built, Built)
    assert built.base == tip
    refinery = refinery_of(world)
    assert refinery("log", "-1", "--format=%P|%an <%ae>|%cn", built.candidate) == (
        f"{tip} {commit}|Ada Overseer <ada@example.org>|Ada Overseer"
    )
    assert refinery("log", "-1", "--format=%B", built.candidate).startswith("Add new (ap-1)\n\nGastown-Bead: ap-1\n")
    trailers = refinery("log", "-1", "--format=%(trailers:only,unfold)", built.candidate)
    assert trailers == "Gastown-Bead: ap-1\nGastown-Submission: app.ap-1-1\nGastown-Trace: abc"
    assert refinery("ls-tree", "--name-only", built.candidate) == "code.py\nnew.txt\nother.txt\nreadme.md"
    assert refinery("rev-parse", "refs/gastown/candidates/app.ap-1-1") == built.candidate
    assert world.origin_tip() == tip


async def test_building_again_gives_the_same_tree_and_moves_the_pin(world, rig, submit):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    first = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    second = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    refinery = refinery_of(world)
    assert refinery("rev-parse", f"{first.candidate}^{{tree}}") == refinery("rev-parse", f"{second.candidate}^{{tree}}")
    assert refinery("rev-parse", "refs/gastown/candidates/app.ap-1-1") == second.candidate


async def test_a_conflict_names_its_files(world, rig, submit):
    commit, base = await submit(rig, "ap-1-1", code__py="mine\n", readme__md="mine\n", new__txt="x\n")
    world.person.commit("Theirs", code__py="theirs\n", readme__md="theirs\n")
    tip = world.person.push()
    assert await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS) == Conflicted(
        base=tip, files=("code.py", "readme.md")
    )


async def test_a_branch_without_common_history_is_a_conflict_not_a_fault(world, rig):
    sandbox = await rig.create_sandbox("ap-1-1", None)
    worker = world.at(sandbox.worktree)
    worker("switch", "--quiet", "--orphan", "new-world")
    commit = worker.commit("Everything new", new__txt="x\n")
    await rig.pin(sandbox.worktree, "refs/gastown/submitted/app.ap-1-1", commit)
    built = await rig.build("app.ap-1-1", commit, sandbox.base, "Add", TRAILERS)
    assert built == Conflicted(base=world.first, files=(STRANGERS,))


async def test_what_landed_before_is_found_by_its_trailer(world, rig, submit, make_rig):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    built = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    assert isinstance(await rig.land("app.ap-1-1", built.base, built.candidate), Landed)
    world.pull()
    world.person.commit("Theirs", other__txt="y\n")
    tip = world.person.push()
    restarted = make_rig()
    await restarted.ensure()
    found = await restarted.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    assert found == AlreadyLanded(base=tip, target_commit=built.candidate)


async def test_another_submission_or_a_quotation_of_the_trailer_is_not_taken_for_it(world, rig, submit):
    other, base = await submit(rig, "ap-1-11", other__txt="x\n")
    built = await rig.build("app.ap-1-11", other, base, "Add", (("Gastown-Submission", "app.ap-1-11"),))
    await rig.land("app.ap-1-11", built.base, built.candidate)
    world.pull()
    world.person.commit("Quote\n\nGastown-Submission: app.ap-1-1", note__txt="y\n")
    world.person.push()
    commit, _ = await submit(rig, "ap-1-1", new__txt="x\n")
    assert isinstance(await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS), Built)


async def test_nothing_of_the_users_own_configuration_gets_into_a_candidate(world, make_rig, submit, monkeypatch):
    ran = world.folder / "ran"
    trap = world.folder / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0" >> {ran}\n')
    trap.chmod(0o755)
    (world.home / ".config" / "git").mkdir(parents=True)
    (world.home / ".config" / "git" / "ignore").write_text("*.txt\n")
    (world.home / ".gitconfig").write_text(
        f"[user]\n\tname = Leak\n\temail = leak@example.org\n\tsigningkey = x\n[commit]\n\tgpgsign = true\n"
        f"[gpg]\n\tprogram = {trap}\n[core]\n\thooksPath = {world.folder}\n\tfsmonitor = {trap}\n\teditor = {trap}\n"
        f"[merge]\n\tconflictStyle = diff3\n[init]\n\ttemplateDir = {world.folder}\n[fetch]\n\tprune = true\n"
    )
    for name, value in {
        "HOME": str(world.home),
        "XDG_CONFIG_HOME": str(world.home / ".config"),
        "GIT_AUTHOR_NAME": "Leak",
        "GIT_COMMITTER_EMAIL": "leak@example.org",
        "GIT_DIR": str(world.folder / "person" / ".git"),
        "GIT_INDEX_FILE": "/nowhere/index",
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "user.name",
        "GIT_CONFIG_VALUE_0": "Leak",
    }.items():
        monkeypatch.setenv(name, value)
    world.home = world.folder  # the worker's own git is not what is tried here
    rig = make_rig()
    await rig.ensure()
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    sandbox = await rig.create_sandbox("ap-2-1", None)
    (sandbox.worktree / "untracked.txt").write_text("x\n")
    assert (await rig.inspect(sandbox.worktree, base)).untracked == ("untracked.txt",)
    kept = await rig.save_work(sandbox.worktree, "Kept")
    await rig.pin(sandbox.worktree, "refs/gastown/kept/ap-2-1", kept)
    built = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    await rig.checkout(built.candidate, world.folder / "candidate")
    assert isinstance(await rig.land("app.ap-1-1", built.base, built.candidate), Landed)
    shown = refinery_of(world)("log", "--no-walk", "--format=%an %ae %cn %ce %G?", built.candidate, kept)
    assert shown == "\n".join(["Ada Overseer ada@example.org Ada Overseer ada@example.org N"] * 2)
    assert not ran.exists()


async def test_a_checkout_is_a_repository_of_its_own(world, rig, submit):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    built = await rig.build("app.ap-1-1", commit, base, "Add", TRAILERS)
    folder = world.folder / "rigs" / "app" / "candidates" / "app.ap-1-1-1"
    await rig.checkout(built.candidate, folder)
    gate = world.at(folder)
    assert (folder / "new.txt").read_text() == "x\n"
    assert gate("status", "--porcelain") == ""
    assert gate("rev-parse", "HEAD") == built.candidate
    assert gate("remote") == ""
    before = refinery_of(world)("for-each-ref")
    gate("commit", "--allow-empty", "--quiet", "-m", "A gate that commits")
    gate("branch", "more")
    assert refinery_of(world)("for-each-ref") == before
    assert refinery_of(world)("cat-file", "-t", gate("rev-parse", "HEAD"), check=False) == ""


async def test_a_checkout_into_a_folder_that_is_there_fails(world, rig):
    folder = world.folder / "there"
    folder.mkdir()
    with pytest.raises(FileExistsError):
        await rig.checkout(world.first, folder)


async def test_a_commit_nobody_knows_cannot_be_checked_out(world, rig):
    with pytest.raises(GitFailedError, match="checking out 111111111111"):
        await rig.checkout("1" * 40, world.folder / "candidate")


def test_the_message_always_names_the_submission_and_trailers_stay_one_line():
    text = candidate_message("Title\n\nBody\n\n", "app.ap-1-1", (("Gastown-Bead", "ap-1\nX: y"), ("Empty", "")))
    assert text == "Title\n\nBody\n\nGastown-Bead: ap-1 X: y\nGastown-Submission: app.ap-1-1\n"
