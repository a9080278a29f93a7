"""What becomes of an attempt that does not land: what is kept, what the next worker is told, what it is charged as."""

COMMIT = "git add -A; git commit -qm"


def test_a_red_gate_sends_the_work_back_with_its_output_and_the_commits_re_applied(town):
    gate = "grep -q right answer || { echo the answer is not right; exit 3; }"
    rig = town.rig("red", gate=gate, files={"answer": "right\n"})
    bead = rig.bead(
        "Answer better",
        f"""
        case $GT_SESSION in
        *-1) echo more > more; {COMMIT} 'Say more'
             echo wrong > answer; {COMMIT} 'Answer' ;;
        *) echo right again > answer; {COMMIT} 'Answer rightly' ;;
        esac
        gt done
        """,
        "-d",
        "As well as you can: «gut».",
    )
    rig.sling(bead)
    town.lands(bead)
    told = town.brief(f"{bead}-2")
    assert "As well as you can: «gut»." in told
    assert "gate test is red (exit 3)" in told
    assert "the answer is not right" in told
    assert "On this branch already, on top of the current target: 2 commits." in told
    assert rig.subjects()[1:] == ["Answer rightly", "Answer", "Say more", "begin"]
    assert rig.content("answer") == "right again"
    shown = town.show(bead)
    assert (shown["state"], shown["status"], shown["attempts"]) == ("landed", "closed", 2)
    assert shown["landed_commit"] == rig.git("rev-parse", "main")
    assert shown["close_reason"] == f"Merged in {shown['landed_commit']}"
    assert shown["submission"] == f"red.{bead}-2"
    assert [(one["outcome"], one["session"]) for one in shown["returned"]] == [("red", f"{bead}-1")]
    assert town.sessions(bead) == [("red", "red_gate", "gate test is red (exit 3)")]


def test_a_gate_that_stays_red_blocks_the_bead_until_a_person_has_mended_it(town):
    rig = town.rig("stays", "--no-check", gate="test ! -e new")
    bead = rig.bead("Add a file", f"test -e new || {{ echo new > new; {COMMIT} 'Add new'; }}")
    waits = rig.bead("Go on from there", f"cat new; echo newer > newer; {COMMIT} newer", "--needs", bead)
    rig.sling(bead, waits)
    stuck = town.sticks(bead, waits)
    assert stuck[bead]["hint"] == f"gt retry {bead}"
    assert stuck[waits]["on"] == bead
    assert town.show(bead)["state"] == "blocked"
    assert town.show(bead)["status"] == "blocked"
    assert [charge for _, charge, _ in town.sessions(bead)] == ["red_gate"] * 3
    escalation = next(one for one in town.ask("escalations") if one["about"] == bead)
    assert f"gt retry {bead}" in escalation["hint"]
    assert "3 red gates" in escalation["reason"]
    town.ask("rig", "set", "stays", "--gate", "test=test -e new")
    town.ask("retry", bead)
    town.lands(bead, waits)
    assert town.show(bead)["attempts"] == 4
    assert rig.landed() == [bead, waits]
    assert [one for one in town.ask("escalations") if one["about"] == bead] == []


def test_a_killed_worker_loses_nothing_and_the_next_one_goes_on_from_its_commits(town):
    rig = town.rig("killed")
    bead = rig.bead(
        "Survive",
        f"""
        case $GT_SESSION in
        *-1) echo first > first; {COMMIT} 'First'
             echo half > README; echo loose > loose; kill -9 $$ ;;
        *) test ! -e loose; echo second > second; {COMMIT} 'Second' ;;
        esac
        """,
    )
    rig.sling(bead)
    town.lands(bead)
    assert town.sessions(bead) == [("died", "failed_run", "ended by SIGKILL")]
    assert rig.subjects()[1:] == ["Second", "First", "begin"]
    assert rig.content("README") == "what it is"
    kept = [one for one in town.ask("branches") if one["bead"] == bead]
    assert [(one["rig"], one["branch"]) for one in kept] == [("killed", f"gt/kept/{bead}-1")]
    ours = town.path / "rigs/killed/refinery.git"
    assert rig.git("show", f"{kept[0]['branch']}:README", cwd=ours) == "half"
    assert rig.git("show", f"{kept[0]['branch']}:loose", cwd=ours) == "loose"
    assert rig.git("log", "--format=%s", "-2", kept[0]["commit"], cwd=ours).splitlines()[1] == "First"
    told = town.brief(f"{bead}-2")
    assert "ended by SIGKILL" in told
    assert f"gt/kept/{bead}-1" in told


ENDINGS = {
    "no_commits": ("true", "ended without a commit"),
    "uncommitted": (f"echo a > a; {COMMIT} a; echo half > README", "uncommitted changes in README"),
    "failed": (f"echo a > a; {COMMIT} a; echo it went wrong >&2; exit 9", "exit 9"),
    "died": ("kill -TERM $$", "ended by SIGTERM"),
    "timed_out": ('mkfifo "$STORY/never"; cat "$STORY/never"', "did not end within its time limit"),
}


def test_every_way_of_failing_is_told_apart_charged_and_tried_again(town):
    rig = town.rig("fails")
    town.agent("hurried", "--timeout", "2")
    script = "case $GT_SESSION in *-1) {} ;; *) echo {} > {}; " + COMMIT + " {} ;; esac"
    beads = {}
    for outcome, (fails, _) in ENDINGS.items():
        name = f"after-{outcome}"
        beads[outcome] = rig.bead(outcome, script.format(fails, name, name, name))
    rig.sling(*(bead for outcome, bead in beads.items() if outcome != "timed_out"))
    town.ask("sling", beads["timed_out"], "--agent", "hurried")
    town.lands(*beads.values())
    for outcome, bead in beads.items():
        ((ended, charge, reason),) = town.sessions(bead)
        assert (ended, charge) == (outcome, "failed_run")
        assert ENDINGS[outcome][1] in reason
        assert any(reason in line["what"] for line in town.ask("log", bead)), bead
        session = next(e for e in town.events("--entity", f"{bead}-1") if e["type"] == "session.ended")
        assert session["data"]["outcome"] == outcome
        assert town.show(bead)["attempts"] == 2
    assert "it went wrong" in town.ask("bead", "show", beads["failed"])["returned"][0]["tail"]


def test_three_failed_runs_block_a_bead(town):
    rig = town.rig("thrice")
    town.ask("config", "set", "limit.failed_runs", "2")
    try:
        bead = rig.bead("Never", "exit 1")
        rig.sling(bead)
        assert "2 failed runs; the last: exit 1" in town.sticks(bead)[bead]["reason"]
    finally:
        town.ask("config", "set", "limit.failed_runs", "3")
    town.ask("bead", "close", bead)


def test_untracked_files_stop_nothing_are_named_and_kept(town):
    rig = town.rig("loose")
    bead = rig.bead("Leave things", f"echo a > a; {COMMIT} a; mkdir notes; echo mind > notes/mind; gt done")
    rig.sling(bead)
    town.lands(bead)
    assert town.sessions(bead) == []
    assert rig.git("ls-tree", "-r", "--name-only", "main").splitlines() == ["README", "a"]
    ended = next(e["data"] for e in town.events("--entity", f"{bead}-1") if e["type"] == "session.ended")
    assert ended["outcome"] == "submitted"
    assert any("notes" in name for name in ended["untracked"])
    (kept,) = (one for one in town.ask("branches") if one["bead"] == bead)
    assert rig.git("show", f"{kept['branch']}:notes/mind", cwd=town.path / "rigs/loose/refinery.git") == "mind"


def test_two_beads_that_conflict_both_land_the_second_after_rework(town, doors):
    rig = town.rig("conflict", files={"list": "first\n"})
    gather = doors.make("both")
    one = rig.bead("One", f"echo one >> list; {COMMIT} One; {doors.make('one')}")
    two = rig.bead(
        "Two",
        f"""
        case $GT_SESSION in
        *-1) echo two >> list; echo two > two; {COMMIT} Two; {gather} ;;
        *) grep -q one list; echo two >> list; {COMMIT} 'Two again' ;;
        esac
        """,
    )
    rig.sling(one, two)
    doors.reached("one")
    doors.reached("both")
    doors.open("one")
    town.lands(one)
    doors.open("both")
    town.lands(two)
    ((outcome, charge, reason),) = town.sessions(two)
    assert (outcome, charge) == ("conflicted", "conflict")
    assert "list" in reason
    assert rig.content("list") == "first\none\ntwo"
    assert rig.landed() == [one, two]
    told = town.brief(f"{two}-2")
    assert "conflicts with the target in list" in told
