"""People who change their minds, or say two things at once."""

from concurrent.futures import ThreadPoolExecutor

COMMIT = "git add -A; git commit -qm"


def adds(name):
    return f"echo {name} > {name}; {COMMIT} 'Add {name}'"


def at_once(*calls):
    """The exit codes, sorted."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return sorted(answer.exit for answer in threads.map(lambda call: call(), calls))


def test_of_two_slings_at_once_one_wins(town):
    rig = town.rig("twice")
    bead = rig.bead("Add it", adds("it"))
    assert at_once(*[lambda: town.answer("sling", bead)] * 4) == [0, 5, 5, 5]
    town.lands(bead)
    assert [event["type"] for event in town.events("--entity", bead)].count("bead.slung") == 1


def test_of_two_needs_at_once_that_would_make_a_cycle_one_is_refused(town):
    one, two = (town.bead(title, "") for title in ("One", "Two"))
    codes = at_once(
        lambda: town.answer("bead", "update", one, "--needs", two),
        lambda: town.answer("bead", "update", two, "--needs", one),
    )
    assert codes == [0, 3]
    assert sum(len(town.show(bead)["needs"]) for bead in (one, two)) == 1


def test_of_two_rigs_of_a_name_at_once_one_is_added(town):
    town.rig("seed")
    seed = town.folder / "origins/seed.git"
    add = ("rig", "add", "same", str(seed), "--gate", "test=true")
    assert at_once(lambda: town.answer(*add), lambda: town.answer(*add)) == [0, 5]


def test_proven_work_that_waits_can_be_taken_back_and_comes_again(town):
    rig = town.rig("held", "--land", "hold")
    bead = rig.bead("Add it", f"test -e it || {{ {adds('it')}; }}")
    rig.sling(bead)
    town.sticks(bead)
    assert "unsling" in town.answer("bead", "close", bead).error["hint"]
    town.ask("unsling", bead, "--reason", "not now")
    town.until_type("bead.returned", bead)
    assert town.show(bead)["state"] == "open"
    assert town.ask("mq", "list", "--rig", "held") == []
    assert [one["bead"] for one in town.ask("branches", "--rig", "held")] == [bead]
    town.refused(3, "retry", bead)
    rig.sling(bead)
    town.sticks(bead)
    town.ask("mq", "approve", bead)
    town.lands(bead)
    assert town.show(bead)["landed_commit"]


def test_a_target_that_somebody_rewrote_is_built_on_as_it_is(town):
    rig = town.rig("rewritten")
    first = rig.bead("First", adds("first"))
    rig.sling(first)
    town.lands(first)
    landed = rig.git("rev-parse", "main")
    rig.git("commit", "-q", "--amend", "-m", "Another beginning", cwd=rig.side)
    rig.git("push", "-q", "--force", "origin", "HEAD:main", cwd=rig.side)
    second = rig.bead("Second", f"test -e second || {{ {adds('second')}; }}")
    rig.sling(second)
    town.lands(second)
    assert rig.landed() == [second]
    assert rig.subjects()[-1] == "Another beginning"
    assert town.show(first)["landed_commit"] == landed
    found = town.answer("verify")
    assert found.exit == 7
    assert any(landed in complaint for complaint in found.data["complaints"])
    rig.git("update-ref", "refs/heads/main", _joined(rig, landed))
    assert town.ask("verify")["complaints"] == []


def _joined(rig, *more):
    """A commit of the target's content that has `more` among its parents too."""
    parents = [word for commit in ("main", *more) for word in ("-p", commit)]
    return rig.git("commit-tree", "main^{tree}", *parents, "-m", "Both")


def test_a_paused_rig_starts_nothing_until_it_is_resumed(town):
    rig = town.rig("paused")
    town.ask("rig", "pause", "paused", "--reason", "holidays")
    bead = rig.bead("Add it", adds("it"))
    rig.sling(bead)
    stuck = town.sticks(bead)[bead]
    assert "holidays" in stuck["reason"]
    assert town.show(bead)["attempts"] == 0
    town.ask("rig", "resume", "paused")
    town.lands(bead)


def test_a_rig_goes_only_when_nothing_is_under_way_and_its_name_is_never_used_again(town, doors):
    rig = town.rig("goes")
    bead = rig.bead("Add it", f"{adds('it')}; {doors.make('goes')}")
    rig.sling(bead)
    doors.reached("goes")
    assert "slung" in town.refused(3, "rig", "remove", "goes")
    doors.open("goes")
    town.lands(bead)
    town.ask("rig", "remove", "goes")
    assert "goes" not in [one["name"] for one in town.ask("rig", "list")]
    town.refused(5, "rig", "add", "goes", str(rig.origin), "--gate", "test=true")
    assert town.show(bead)["state"] == "landed"
    assert rig.landed() == [bead]


def test_waiting_ends_at_its_time_and_says_that_nothing_is_wrong(town, doors):
    rig = town.rig("slow")
    bead = rig.bead("Take long", f"{adds('it')}; {doors.make('slow')}")
    rig.sling(bead)
    doors.reached("slow")
    found = town.answer("wait", bead, "--timeout", "0.2")
    assert (found.exit, found.data["timed_out"], found.data["needs_you"]) == (7, True, [])
    doors.open("slow")
    town.lands(bead)
    assert town.answer("wait", bead, "--timeout", "0").exit == 0


def test_a_changed_bead_is_what_the_next_worker_is_told(town):
    rig = town.rig("changed")
    bead = rig.bead("Frist", "exit 1")
    town.ask("config", "set", "limit.failed_runs", "1")
    rig.sling(bead)
    town.sticks(bead)
    town.ask("config", "set", "limit.failed_runs", "3")
    (town.story / f"{bead}.sh").write_text(adds("it"))
    town.ask("bead", "update", bead, "--title", "First", "-d", "Now rightly", "--notes", "see above", "-p", "1")
    town.ask("retry", bead)
    town.lands(bead)
    told = town.brief(f"{bead}-2")
    for words in ("First", "Now rightly", "see above", "exit 1"):
        assert words in told
    assert rig.git("log", "-1", "--format=%s", "main") == f"Merge {bead}: First"
