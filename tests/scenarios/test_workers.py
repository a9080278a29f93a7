"""What workers get, and what the worst of them can do."""

from gastown.adapters.processes.census import environment, pids, start_time

COMMIT = "git add -A; git commit -qm"


def test_a_worker_gets_what_it_was_promised_and_nothing_else(town, tmp_path):
    rig = town.rig("promise")
    town.agent("named", "--env", "GIVEN=a value", "--env", "PASSED", "--env", "ABSENT")
    bead = rig.bead(
        "Look around",
        f"env > {tmp_path}/env; command -v gt > {tmp_path}/gt; echo a > a; {COMMIT} a",
    )
    town.ask("sling", bead, "--agent", "named")
    town.lands(bead)
    got = dict(line.partition("=")[::2] for line in (tmp_path / "env").read_text().splitlines())
    told = {
        "GT_TOWN": str(town.path),
        "GT_RIG": "promise",
        "GT_BEAD": bead,
        "GT_SESSION": f"{bead}-1",
        "GT_AGENT": "named",
    }
    assert told.items() <= got.items()
    assert got["HOME"] == str(town.home)
    assert got["GIVEN"] == "a value"
    assert got["TRACEPARENT"].split("-")[1] in {event["trace"] for event in town.events("--entity", bead)}
    assert (tmp_path / "gt").read_text().strip() == str(town.path / "bin/gt")
    theirs = {"GT_TOKEN", "GT_MARK", "GT_TOWN_MARK", "STORY", "LANG", "PATH", "PWD", "OLDPWD", "SHLVL", "_"}
    passed_on = {"USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "LC_ALL", "LC_CTYPE", "TERM"}
    assert got.keys() - told.keys() - theirs - passed_on == {"HOME", "GIVEN", "TRACEPARENT"}


def test_files_that_git_ignores_are_brought_and_setup_runs_for_worker_and_gate(town, tmp_path):
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / ".env").write_text("KEY=1\n")
    flags = ("--copy", ".env", "--copy-from", str(mine), "--setup", "test -e .env; echo built > built")
    rig = town.rig(
        "setup", *flags, files={".gitignore": ".env\nbuilt\n"}, gate="test -e .env && test -e built && test ! -e no"
    )
    bead = rig.bead("Use it", f"cat .env built; echo a > a; {COMMIT} a")
    rig.sling(bead)
    town.lands(bead)
    assert rig.git("ls-tree", "--name-only", "main").splitlines() == [".gitignore", "a"]


def test_a_vandal_harms_its_own_bead_at_most(town, tmp_path):
    rig = town.rig("vandal")
    ran = tmp_path / "ran"
    trap = f"#!/bin/sh\\necho $GT_SESSION $PWD >> {ran}\\n"
    hooks = f"""
    hooks="$(git rev-parse --git-common-dir)/hooks"; mkdir -p "$hooks"
    for hook in pre-commit post-checkout post-merge reference-transaction pre-push post-rewrite; do
        printf '{trap}' > "$hooks/$hook"; chmod +x "$hooks/$hook"
    done
    git config core.fsmonitor "$hooks/pre-push"; git config core.sshCommand "$hooks/pre-push"
    git config remote.origin.url /nowhere; git config alias.log '!false'
    echo a > hooks; git add -A; git -c core.hooksPath=/dev/null -c core.fsmonitor=false commit -qm hooks
    """
    beads = {
        "hooks": rig.bead("Hooks", hooks),
        "branch": rig.bead("Branch", f"git checkout -qb elsewhere; echo b > b; {COMMIT} b"),
        "detached": rig.bead("Detached", f"git checkout -q --detach; echo c > c; {COMMIT} c"),
        "gone": rig.bead(
            "Gone", f'case $GT_SESSION in *-1) cd ..; rm -rf "$OLDPWD" ;; *) echo d > d; {COMMIT} d ;; esac'
        ),
        "gitless": rig.bead("Gitless", f"case $GT_SESSION in *-1) rm -rf .git ;; *) echo e > e; {COMMIT} e ;; esac"),
        "locked": rig.bead("Locked", f'echo f > f; {COMMIT} f; touch "$(git rev-parse --git-dir)/index.lock"'),
        "rewrites": rig.bead("Rewrites", f"git checkout -q --orphan new; echo g > g; {COMMIT} g"),
    }
    stays = beads.pop("rewrites")
    rig.sling(*beads.values(), stays)
    town.lands(*beads.values())
    for name in ("gone", "gitless"):
        assert [charge for _, charge, _ in town.sessions(beads[name])] == ["failed_run"], name
        assert town.show(beads[name])["attempts"] == 2
    plain = rig.bead("Plain", "echo z > z; git add -A; git -c core.hooksPath=/dev/null commit -qm z")
    rig.sling(plain)
    town.lands(plain)
    town.ask("unsling", stays)
    town.until(lambda event: event["type"] in ("bead.returned", "bead.unslung"), "--entity", stays)
    sandboxes = str(town.path / "rigs/vandal/sandboxes")
    places = [line.partition(" ") for line in ran.read_text().splitlines()] if ran.exists() else []
    assert all(session and place.startswith(sandboxes) for session, _, place in places), places


def test_nothing_of_a_session_outlives_it(town, doors, tmp_path):
    rig = town.rig("family")
    stray = f"setsid sh -c 'trap \"\" TERM HUP INT; {doors.make('stray')}' > /dev/null 2>&1 < /dev/null &"
    bead = rig.bead(
        "Leave somebody behind", f"{stray} echo a > a; {COMMIT} a; echo at > {tmp_path}/end; cat {tmp_path}/on"
    )
    (tmp_path / "on").touch()
    rig.sling(bead)
    doors.reached("stray")
    town.lands(bead)
    assert [pid for pid in pids() if f"\0GT_SESSION={bead}-1\0".encode() in environment(pid) and start_time(pid)] == []
    assert town.show(bead)["attempts"] == 1


def test_a_gate_that_hangs_is_broke_and_leaves_nothing(town, tmp_path):
    hangs = f"echo $$ >> {tmp_path}/gates; sleep 1000 & wait"
    rig = town.rig("hangs", "--no-check", "--gate-timeout", "1", gate=hangs)
    bead = rig.bead("Add it", f"echo a > a; {COMMIT} a")
    rig.sling(bead)
    broke = town.until_type("submission.broke", f"hangs.{bead}-1")
    assert broke["data"]["reason"] == "did not end within 1 s"
    town.ask("rig", "set", "hangs", "--gate", "test=true")
    town.lands(bead)
    assert town.sessions(bead) == []
    assert b"sleep\x001000\x00" not in [_command(pid) for pid in town.running()]


def _command(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


def test_what_a_worker_prints_and_what_a_person_writes_is_shown_as_it_is(town):
    rig = town.rig("odd")
    title = 'Say "$HOME"; `true` \\ é \U0001f600 %s'
    text = "line one\n\n```sh\nrm -rf $HOME\n```\n## Earlier attempts\n\ttab \u202e x"
    bead = town.ask("bead", "create", title, "--stdin", "--rig", "odd", stdin=text)["id"]
    (town.story / f"{bead}.sh").write_text(
        f"printf '\\033[2J\\377\\000end\\n'; echo a > 'a b\\'; {COMMIT} \"$(cat \"$STORY/$GT_SESSION.brief\")\""
    )
    rig.sling(bead)
    town.lands(bead)
    assert text in town.brief(f"{bead}-1")
    assert title in town.brief(f"{bead}-1")
    assert rig.git("log", "-1", "--format=%s", "main") == f"Merge {bead}: {title}"
    assert rig.landed() == [bead]
    assert "end" in town.ask("peek", bead)["text"]
    shown = town.run("peek", bead).stdout + town.run("bead", "show", bead).stdout
    assert "\033[2J" not in shown
