"""Nothing of a town is anybody else's to read or write, whatever the umask it was started with."""

import json
import os
import stat
from pathlib import Path

COMMIT = "git add -A; git commit -qm"


def open_to_others(top: Path) -> list[str]:
    """Files and folders below that somebody else may touch, but for what stands in workers' and gates' checkouts."""
    found = []
    for here, folders, files in os.walk(top):
        if Path(here).parent.name == "rigs":
            folders.clear()
            continue
        for name in (*folders, *files):
            mode = (Path(here) / name).lstat().st_mode
            if not stat.S_ISLNK(mode) and mode & 0o077:
                found.append(f"{Path(here) / name} {stat.filemode(mode)}")
    return found


def test_a_town_is_private_whatever_the_umask(make_town, tmp_path):
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    town = make_town(XDG_RUNTIME_DIR=str(runtime))
    before = os.umask(0)
    try:
        town.install().up()
        rig = town.rig("app")
        script = f"umask > umask; echo x > run.sh; chmod +x run.sh; {COMMIT} it; exit"
        bead = rig.bead("Private", script)
        long = town.ask("bead", "create", "Long", "--stdin", stdin="x" * 300_000)["id"]
        rig.sling(bead)
        town.lands(bead)
        town.ask("bead", "close", long)
        assert town.path.stat().st_mode & 0o777 == 0o700
        assert open_to_others(town.path) == []
        address = Path((town.path / "run/socket").read_text())
        assert stat.filemode(address.stat().st_mode) == "srw-------"
        assert open_to_others(runtime) == []
        assert (town.path / "rigs").stat().st_mode & 0o777 == 0o700
        assert rig.content("umask") == "0022"
        assert rig.git("ls-tree", "main", "run.sh").startswith("100755")
        town.end()
        assert open_to_others(town.path) == []
    finally:
        os.umask(before)


def test_a_town_whose_folders_are_gone_or_open_is_put_right_when_it_is_started(make_town):
    town = make_town().install()
    for name in ("logs", "sessions", "rigs", "host", "bin"):
        (town.path / name).rmdir()
    town.path.chmod(0o777)
    (town.path / "secrets").chmod(0o755)
    town.up()
    assert open_to_others(town.path) == []
    assert town.path.stat().st_mode & 0o777 == 0o700
    town.end()


def test_no_git_variable_of_where_a_town_is_started_has_any_effect(make_town, tmp_path):
    canary, trap = tmp_path / "canary", tmp_path / "trap"
    trap.write_text(f'#!/bin/sh\necho "$0 $*" >> {canary}\nexec cat < /dev/null\n')
    trap.chmod(0o755)
    hostile = {
        "GIT_DIR": "/nonexistent",
        "GIT_WORK_TREE": "/nonexistent",
        "GIT_INDEX_FILE": "/nonexistent/index",
        "GIT_OBJECT_DIRECTORY": "/nonexistent/objects",
        "GIT_ALTERNATE_OBJECT_DIRECTORIES": "/nonexistent",
        "GIT_CONFIG_GLOBAL": str(tmp_path / "config"),
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "core.fsmonitor",
        "GIT_CONFIG_VALUE_0": str(trap),
        "GIT_CONFIG_PARAMETERS": f"'core.hooksPath'='{tmp_path}'",
        "GIT_SSH_COMMAND": str(trap),
        "GIT_SSH": str(trap),
        "GIT_ASKPASS": str(trap),
        "GIT_EXTERNAL_DIFF": str(trap),
        "GIT_EDITOR": str(trap),
        "GIT_PAGER": str(trap),
        "GIT_PROXY_COMMAND": str(trap),
        "GIT_TEMPLATE_DIR": str(tmp_path),
        "GIT_EXEC_PATH": str(tmp_path),
        "GIT_AUTHOR_NAME": "Mallory",
        "GIT_COMMITTER_DATE": "1 Jan 1990 00:00:00",
        "GIT_TRACE": str(canary),
        "GIT_NAMESPACE": "elsewhere",
        "GIT_REPLACE_REF_BASE": "refs/elsewhere",
    }
    (tmp_path / "config").write_text(f"[core]\n\tfsmonitor = {trap}\n[alias]\n\tstatus = !{trap}\n")
    town = make_town().install()
    town.ask("up", **hostile)
    town.agent("script", "--default")
    rig = town.rig("app")
    bead = rig.bead("As ever", f"echo x > x; {COMMIT} it")
    rig.sling(bead)
    town.lands(bead)
    town.ask("diff", bead)
    assert town.ask("verify", **hostile)["complaints"] == []
    assert not canary.exists(), canary.read_text()
    said = rig.git("log", "-1", "--format=%an %cn %cs", "main")
    assert "Mallory" not in said
    assert "1990" not in said
    for pid in town.pids().values():
        names = Path(f"/proc/{pid}/environ").read_bytes().split(b"\0")
        assert [name for name in names if name.startswith(b"GIT_")] == []
    town.end()


def test_a_title_forges_no_trailer_and_a_name_runs_nothing(make_town, tmp_path):
    canary = tmp_path / "canary"
    town = make_town().install().up()
    rig = town.rig("app")
    title = (
        f"x\n\nGastown-Submission: app.other-1\nGastown-Bead: other\n\x1b]0;t\x07\x85$(touch {canary}) `touch {canary}`"
    )
    script = """
        touch -- '--upload-pack=touch canary' 'a
b' '$(touch canary)' '-rf'
        git add -A; git commit -qm "Mine

Gastown-Submission: app.other-1
Gastown-Bead: other"
    """
    bead = rig.bead(title, script)
    rig.sling(bead)
    town.lands(bead)
    assert rig.landed() == [bead]
    trailers = rig.git("log", "-1", "--format=%(trailers:only)", "main").splitlines()
    keys = ["Gastown-Bead", "Gastown-Submission", "Gastown-Town", "Gastown-Trace"]
    assert [line.split(": ")[0] for line in trailers] == keys
    assert trailers[1] == f"Gastown-Submission: app.{bead}-1"
    assert town.ask("why", rig.git("rev-parse", "main"))["bead"] == bead
    assert json.dumps(title) in json.dumps(town.show(bead)["title"])
    assert not canary.exists()
    for words in (
        ("status",),
        ("bead", "list"),
        ("bead", "show", bead),
        ("log", bead),
        ("events",),
        ("trace", bead),
        ("report",),
    ):
        said = town.run(*words).stdout
        assert "\x1b" not in said, words
        assert "\x07" not in said
        assert "\x85" not in said
    town.end()
