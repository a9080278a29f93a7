"""What a worker can do with `gt` from inside its session, and what it cannot."""

import json

import pytest

COMMIT = "git add -A; git commit -qm"


class Diary:
    """What `gt` answered to a worker: by the name of the question, (exit, data or error)."""

    def __init__(self, folder):
        self.folder = folder
        folder.mkdir()

    def ask(self, name, *words):
        """Words of a script."""
        at = self.folder / name
        return f"{{ gt {' '.join(words)} --json > {at}.out 2> {at}.err; echo $? > {at}.exit; }} || true\n"

    def __getitem__(self, name):
        at = self.folder / name
        texts = [at.with_name(f"{name}.{end}").read_text() for end in ("exit", "out", "err")]
        said = json.loads(texts[1] or texts[2])
        return int(texts[0]), said.get("data", said.get("error"))


@pytest.fixture
def diary(tmp_path):
    return Diary(tmp_path / "diary")


@pytest.fixture(scope="module")
def rig(town):
    return town.rig("inside")


def test_a_worker_knows_its_assignment_and_all_that_it_must_know(town, rig, diary):
    need = rig.bead("Before", "true")
    town.ask("bead", "close", need)
    script = diary.ask("hook", "hook") + diary.ask("prime", "prime") + f"echo a > a; {COMMIT} a; gt done\n"
    bead = rig.bead("Know", script, "-d", "Say «ja»\nthen go", "--acceptance", "it is said", "--needs", need)
    rig.sling(bead)
    town.lands(bead)
    code, hook = diary["hook"]
    assert code == 0
    assert (hook["session"], hook["bead"]["id"], hook["rig"]) == (f"{bead}-1", bead, "inside")
    assert hook["bead"]["state"] == "running"
    code, prime = diary["prime"]
    assert code == 0
    for words in (
        f"Bead {bead}: Know",
        "Say «ja»\nthen go",
        "it is said",
        need,
        "gt done",
        f"session {bead}-1",
        "polecat",
    ):
        assert words in prime["text"]
        assert words in town.brief(f"{bead}-1")


def test_a_worker_can_write_down_beads_and_look_around(town, rig, diary):
    script = (
        diary.ask("create", "bead create 'Found on the way'")
        + diary.ask("list", "bead list --rig inside")
        + diary.ask("ready", "ready")
        + diary.ask("update", "bead update $GT_BEAD --notes 'half way'")
        + diary.ask("status", "status")
        + diary.ask("close", "bead close $GT_BEAD --reason 'nothing to do'")
    )
    bead = rig.bead("Look", script)
    rig.sling(bead)
    town.lands(bead)
    ended = town.until_type("session.ended", f"{bead}-1")["data"]
    assert (ended["outcome"], ended["exit_code"]) == ("withdrawn", 0)
    code, created = diary["create"]
    assert code == 0
    assert (created["rig"], created["created_by"]) == ("inside", f"polecat/{bead}-1")
    assert {created["id"], bead} <= {one["id"] for one in diary["list"][1]}
    assert created["id"] in [one["id"] for one in diary["ready"][1]]
    assert diary["update"][1]["notes"] == "half way"
    assert diary["status"][0] == 0
    assert diary["close"][0] == 0
    assert (town.show(bead)["state"], town.show(bead)["close_reason"]) == ("closed", "nothing to do")


def test_a_worker_acts_for_nobody_else(town, rig, diary):
    other = rig.bead("Not its own", "true")
    script = (
        diary.ask("sling", f"sling {other}")
        + diary.ask("unsling", f"unsling {other}")
        + diary.ask("close", f"bead close {other}")
        + diary.ask("update", f"bead update {other} --title Mine")
        + diary.ask("down", "down")
        + diary.ask("config", "config set max_polecats 1")
        + diary.ask("gates", "rig set inside --no-gates")
        + "GT_SESSION=in-xyz-1\n" + diary.ask("pretend", "done")
        + "unset GT_TOKEN\n" + diary.ask("tokenless", "hook")
        + f"unset GT_SESSION; export GT_SESSION=$GT_BEAD-1; echo a > b; {COMMIT} b\n"
    )  # fmt: skip
    bead = rig.bead("Try", script)
    before = town.show(other)
    rig.sling(bead)
    town.lands(bead)
    for refused in ("sling", "unsling", "close", "update", "down", "config", "gates", "pretend", "tokenless"):
        code, error = diary[refused]
        assert code == 3, (refused, error)
        assert error["code"] == "refused"
        assert error["hint"], refused
    assert town.show(other) == before
    assert town.ask("status")["state"] == "up"


def test_done_wants_commits_and_nothing_uncommitted(town, rig, diary):
    script = (
        diary.ask("empty", "done")
        + "echo changed > README\n" + diary.ask("changed", "done")
        + f"{COMMIT} change\n" + diary.ask("close", "bead close $GT_BEAD")
        + diary.ask("done", "done") + diary.ask("again", "done")
    )  # fmt: skip
    bead = rig.bead("Finish", script)
    rig.sling(bead)
    town.lands(bead)
    assert diary["empty"][0] == 3
    code, error = diary["changed"]
    assert code == 3
    assert "README" in error["message"]
    code, error = diary["close"]
    assert code == 3
    assert "gt done" in error["hint"]
    assert diary["done"][0] == 0
    assert town.show(bead)["attempts"] == 1


def test_a_worker_can_give_its_bead_back_or_ask_for_a_person(town, rig, diary):
    later = rig.bead(
        "Later", f"echo half > half; {COMMIT} half\n" + diary.ask("later", "done --status deferred --reason 'not now'")
    )
    person = rig.bead("Decide", diary.ask("person", "done --status escalated --reason 'A or B?'"))
    rig.sling(later, person)
    town.until_type("bead.unslung", later)
    town.until_type("bead.blocked", person)
    town.sticks(later, person)
    assert town.show(later)["state"] == "open"
    assert [(outcome, charge) for outcome, charge, _ in town.sessions(later)] == [("deferred", "none")]
    assert any(one["bead"] == later for one in town.ask("branches"))
    assert town.show(person)["state"] == "escalated"
    assert [one["reason"] for one in town.ask("escalations") if one["about"] == person] == ["A or B?"]
    (town.story / f"{person}.sh").write_text(f"echo A > A; {COMMIT} A")
    (town.story / f"{later}.sh").write_text(f"test -e half; echo whole > whole; {COMMIT} whole")
    town.ask("retry", person)
    rig.sling(later)
    town.lands(person, later)


def test_a_worker_cannot_reach_the_target(town, rig, tmp_path):
    log = tmp_path / "log"
    script = f"""
    {{ git remote -v; git config --get-regexp 'remote.*|url.*|credential.*' || true
       git push origin HEAD:main 2>&1 && echo pushed || echo not pushed
       env | grep -i -E 'nats|secret|password' || true; }} > {log}
    echo mine > mine; {COMMIT} mine
    """
    bead = rig.bead("Push", script)
    rig.sling(bead)
    town.lands(bead)
    told = log.read_text()
    assert "not pushed" in told
    assert str(rig.origin) not in told
    assert "nats" not in told.lower().replace(str(town.path), "")
    assert rig.subjects()[0].startswith(f"Merge {bead}")


def test_outside_a_session_there_is_no_assignment(town):
    for verb in ("hook", "prime", "done"):
        assert "Overseer" in town.refused(3, verb)
