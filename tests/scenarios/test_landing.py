"""How what is proven comes to the target, and what happens where it cannot."""

import pytest

COMMIT = "git add -A; git commit -qm"


def adds(name):
    return f"echo {name} > {name}; {COMMIT} 'Add {name}'"


@pytest.fixture(scope="module", autouse=True)
def toolless(town):
    """A bead whose gate cannot run. It is tried again for a while: meanwhile other stories are told."""
    rig = town.rig("tool", "--no-check", gate="no-such-tool --strict")
    bead = rig.bead("Add it", adds("it"))
    rig.sling(bead)
    return bead


def test_a_setup_that_breaks_pauses_the_rig_and_costs_the_bead_nothing(town):
    rig = town.rig("setup", "--no-check", "--setup", "echo no network; exit 4")
    bead = rig.bead("Add it", f"test -e made; {adds('it')}")
    rig.sling(bead)
    assert "setup" in town.sticks(bead)[bead]["reason"]
    assert {(outcome, charge) for outcome, charge, _ in town.sessions(bead)} == {("setup_broke", "none")}
    town.ask("rig", "set", "setup", "--setup", "echo made > made; echo made >> .git/info/exclude || true")
    town.ask("rig", "resume", "setup")
    town.lands(bead)
    assert "it" in rig.git("ls-tree", "--name-only", "main").splitlines()


def test_a_red_target_is_blamed_on_nobody(town):
    rig = town.rig("base", "--no-check", gate="test -e mended")
    bead = rig.bead("Add it", adds("it"))
    rig.sling(bead)
    assert "fails on the target itself" in town.sticks(bead)[bead]["reason"]
    assert town.sessions(bead) == []
    rig.push("Mend it", {"mended": "yes\n"})
    town.ask("rig", "resume", "base")
    town.lands(bead)
    assert town.show(bead)["attempts"] == 1


def test_held_work_lands_when_a_person_approves_it(town):
    rig = town.rig("held", "--land", "hold")
    bead = rig.bead("Add it", adds("it"))
    rig.sling(bead)
    stuck = town.sticks(bead)[bead]
    assert stuck["hint"] == f"gt mq approve held.{bead}-1"
    assert rig.subjects() == ["begin"]
    (queued,) = town.ask("mq", "list", "--rig", "held")
    assert (queued["bead"], queued["state"], queued["rig"]) == (bead, "held", "held")
    assert {"submission", "branch", "commit", "enqueued_at"} <= queued.keys()
    town.ask("mq", "approve", bead)
    town.lands(bead)
    assert rig.landed() == [bead]


def test_proposed_work_counts_as_landed_once_somebody_merged_it_at_the_origin(town):
    rig = town.rig("propose", "--land", "branch")
    bead = rig.bead("Add it", adds("it"))
    after = rig.bead("Go on", f"test -e it; {adds('more')}", "--needs", bead)
    rig.sling(bead, after)
    stuck = town.sticks(bead, after)
    branch = town.ask("mq", "show", bead)["proposal"]
    assert branch in stuck[bead]["hint"]
    assert rig.subjects() == ["begin"]
    rig.git("fetch", "-q", "origin", cwd=rig.side)
    rig.git("merge", "-q", "--no-ff", "-m", "Take it", f"origin/{branch}", cwd=rig.side)
    rig.git("push", "-q", "origin", "HEAD:main", cwd=rig.side)
    town.until_type("bead.landed", bead)
    assert town.show(bead)["landed_commit"] in rig.git("rev-list", "main").splitlines()
    town.until_type("submission.proposed", f"propose.{after}-1")
    town.ask("unsling", after)
    town.ask("bead", "close", after)


def test_a_worker_that_forges_a_landing_of_another_bead_does_not_close_it(town):
    rig = town.rig("forged", "--land", "hold")
    bead = rig.bead("Add it", adds("it"))
    rig.sling(bead)
    town.sticks(bead)
    words = f"-m 'Merge {bead}: Add it' -m 'Gastown-Bead: {bead}\nGastown-Submission: forged.{bead}-1'"
    forger = rig.bead("Add mine", f"{adds('mine')}; git checkout -q -b side HEAD~1; git merge -q --no-ff {words} -")
    rig.sling(forger)
    town.sticks(forger)
    town.ask("mq", "approve", forger)
    town.lands(forger)
    assert "Gastown-Submission: forged." in rig.git("log", "-1", "--format=%B", "main^2")
    town.ask("mq", "approve", bead)
    town.until_type("submission.raced", f"forged.{bead}-1")
    town.lands(bead)
    assert rig.landed() == [forger, bead]
    assert rig.content("it") == "it"
    assert town.ask("verify")["ok"]


def test_an_origin_that_refuses_pauses_the_rig_and_no_worker_runs_again(town):
    rig = town.rig("refuse")
    hook = rig.origin / "hooks/pre-receive"
    hook.write_text("#!/bin/sh\necho main is protected >&2\nexit 1\n")
    hook.chmod(0o755)
    bead = rig.bead("Add it", adds("it"))
    rig.sling(bead)
    reason = town.sticks(bead)[bead]["reason"]
    assert "the origin refuses the landing" in reason
    assert "main is protected" in reason
    hook.unlink()
    town.ask("rig", "resume", "refuse")
    town.lands(bead)
    assert town.show(bead)["attempts"] == 1
    assert rig.landed() == [bead]


def test_what_somebody_else_pushes_meanwhile_is_kept_and_built_on(town, doors):
    rig = town.rig("meanwhile", gate="test -e theirs || test ! -e it")
    bead = rig.bead("Add it", f"{adds('it')}; {doors.make('done')}")
    rig.sling(bead)
    doors.reached("done")
    theirs = rig.push("Theirs", {"theirs": "theirs\n"})
    doors.open("done")
    town.lands(bead)
    assert rig.git("rev-parse", "main^1") == theirs
    assert rig.content("it") == "it"


def test_a_push_between_proof_and_landing_makes_it_be_proven_anew(town, doors):
    rig = town.rig("race")
    once = f"test -e {town.story}/raced || {{ touch {town.story}/raced; {doors.make('gate')}; }}"
    town.ask("rig", "set", "race", "--gate", f"test={once}")
    bead = rig.bead("Add it", adds("it"))
    rig.sling(bead)
    doors.reached("gate")
    theirs = rig.push("Theirs", {"theirs": "theirs\n"})
    doors.open("gate")
    town.lands(bead)
    assert rig.git("rev-parse", "main^1") == theirs
    assert any(event["type"] == "submission.raced" for event in town.events("--entity", f"race.{bead}-1"))
    assert town.show(bead)["attempts"] == 1


class Checkout:
    """Somebody's own checkout with half-done work in it."""

    def __init__(self, rig, path):
        self.rig, self.path = rig, path
        (path / "README").write_text("half done\n")
        (path / "staged").write_text("staged\n")
        (path / "loose").write_text("loose\n")
        rig.git("add", "staged", cwd=path)
        self.before = self.look()

    def look(self):
        status = self.rig.git("status", "--porcelain=v2", "--branch", "--ignored", cwd=self.path)
        index = (self.path / ".git/index").read_bytes()
        files = {str(one): one.read_bytes() for one in self.path.iterdir() if one.is_file()}
        return (
            status,
            index,
            files,
            (self.path / ".git/HEAD").read_text(),
            self.rig.git("rev-parse", "HEAD", cwd=self.path),
        )


def test_a_checkout_without_a_remote_is_never_touched_and_gets_a_branch_to_merge(town, tmp_path):
    rig = town.rig("model")
    path = tmp_path / "mine"
    rig.git("clone", "-q", str(rig.origin), str(path))
    rig.git("remote", "remove", "origin", cwd=path)
    mine = Checkout(rig, path)
    added = town.ask("rig", "add", "mine", str(path), "--gate", "test=true")
    assert added["rig"]["landing"] == "gt/main"
    assert any(note.endswith(f"git -C {path} merge gt/main") for note in added["notes"]), added["notes"]
    bead = town.bead("Add it", adds("it"), "--rig", "mine")
    after = town.bead("Go on", f"test -e it; {adds('more')}", "--rig", "mine", "--needs", bead)
    town.ask("sling", bead, after)
    town.lands(bead, after)
    assert mine.look() == mine.before
    assert rig.landed() == []
    assert rig.git("show", "gt/main:more", cwd=path) == "more"
    rig.git("stash", "-q", "-u", cwd=path)
    rig.git("merge", "-q", "gt/main", cwd=path)
    assert (path / "it").read_text() == "it\n"


def test_a_checkout_with_a_remote_is_never_touched_and_its_remote_is_used(town, tmp_path):
    rig = town.rig("far")
    path = tmp_path / "near"
    rig.git("clone", "-q", str(rig.origin), str(path))
    (path / "mine").write_text("mine\n")
    rig.git("add", "mine", cwd=path)
    rig.git("commit", "-qm", "Not pushed", cwd=path)
    near = Checkout(rig, path)
    added = town.ask("rig", "add", "near", str(path), "--gate", "test=true")
    assert added["rig"]["origin"] == str(rig.origin)
    assert any("has 1 commit that" in note for note in added["notes"]), added["notes"]
    bead = town.bead("Add it", adds("it"), "--rig", "near")
    town.ask("sling", bead)
    town.lands(bead)
    assert near.look() == near.before
    assert rig.landed() == [bead]


def test_a_missing_gate_tool_pauses_the_rig_and_costs_the_bead_nothing(town, toolless):
    stuck = town.sticks(toolless)[toolless]
    assert "rig tool is paused" in stuck["reason"]
    assert "gt rig resume tool" in stuck["hint"]
    shown = town.ask("rig", "show", "tool")
    assert shown["state"] == "paused"
    assert "gate test broke 3 times" in shown["holds"][0]["reason"]
    assert "127" in shown["holds"][0]["reason"]
    assert town.answer("rig", "check", "tool").exit == 7
    town.ask("rig", "set", "tool", "--gate", "test=test -e it")
    town.ask("rig", "resume", "tool")
    town.lands(toolless)
    assert town.show(toolless)["attempts"] == 1
    assert town.sessions(toolless) == []
