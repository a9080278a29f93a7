"""What only real git has of candidates: whose they are, how it reads their trailers, and checkouts as repositories."""

from gastown.adapters.git.candidates import candidate_message
from gastown.adapters.git.port import Landed

TRAILERS = (("Gastown-Bead", "ap-1"), ("Gastown-Submission", "app.ap-1-1"), ("Gastown-Trace", "abc"))


def refinery_of(world):
    return world.at(world.folder / "rigs" / "app" / "refinery.git")


async def test_a_candidate_is_the_rigs_and_git_reads_its_trailers(world, rig, submit):
    commit, base = await submit(rig, "ap-1-1", new__txt="x\n")
    built = await rig.build("app.ap-1-1", commit, base, "Add new (ap-1)", TRAILERS)
    refinery = refinery_of(world)
    assert refinery("log", "-1", "--format=%an <%ae>|%cn", built.candidate) == (
        "Ada Overseer <ada@example.org>|Ada Overseer"
    )
    trailers = refinery("log", "-1", "--format=%(trailers:only,unfold)", built.candidate)
    assert trailers == "Gastown-Bead: ap-1\nGastown-Submission: app.ap-1-1\nGastown-Trace: abc"


async def test_changes_to_different_lines_of_a_file_are_merged(world, rig, submit):
    commit, base = await submit(rig, "ap-1-1", code__py="one\ntwo\nthree\nfour\n")
    world.person.commit("Theirs", code__py="zero\none\ntwo\nthree\n")
    world.person.push()
    built = await rig.build("app.ap-1-1", commit, base, "Add", ())
    assert refinery_of(world)("show", f"{built.candidate}:code.py") == "zero\none\ntwo\nthree\nfour"


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


def test_the_message_always_names_the_submission_and_trailers_stay_one_line():
    text = candidate_message("Title\n\nBody\n\n", "app.ap-1-1", (("Gastown-Bead", "ap-1\nX: y"), ("Empty", "")))
    assert text == "Title\n\nBody\n\nGastown-Bead: ap-1 X: y\nGastown-Submission: app.ap-1-1\n"
