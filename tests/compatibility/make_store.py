"""Keep a town's store for later versions to open: `uv run python tests/compatibility/make_store.py NAME`.

NAME says which version wrote it. A town lives through most of what a town can live through; its folder, without what
can be made anew, goes to stores/NAME.tar.xz, and what it means to stores/NAME.json. What is there is never overwritten:
a store is worth something because the version that wrote it no longer exists.
"""

import argparse
import json
import os
import shutil
import subprocess  # noqa: TID251  the story is told by the real programs: gt and git
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import Any

import anyio
from account import account

from gastown import config
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.jetstream_texts import JetStreamTexts
from gastown.bus.nats_connection import connect

STORES = Path(__file__).parent / "stores"
KEPT = ("town.toml", "secrets", "log", "run")
PATIENCE = 120
COMMIT = "git add -A; git commit -qm"
ODD = 'A "title" with \x1b[31mred\x1b[0m, \u202ebidi, $(shell) and ü🙂'


class Life:
    """One town, driven by `gt` as a person drives it."""

    def __init__(self, folder: Path) -> None:
        self.town, self.story, self.home = folder / "town", folder / "story", folder / "home"
        for made in (self.story, self.home):
            made.mkdir()
        kept = {
            name: value for name, value in os.environ.items() if not name.startswith(("GT_", "GIT_", "XDG_", "OTEL_"))
        }
        self.environment = {**kept, "HOME": str(self.home), "GT_TOWN": str(self.town)}
        (self.home / ".gitconfig").write_text("[user]\n\tname = Somebody\n\temail = somebody@example.org\n")

    def gt(self, *words: str, stdin: str = "", fails: bool = False) -> Any:
        command = [sys.executable, "-m", "gastown_cli", *words, "--json"]
        done = subprocess.run(
            command, env=self.environment, input=stdin, capture_output=True, text=True, check=False, timeout=PATIENCE
        )
        assert (done.returncode != 0) == fails, f"gt {words}: {done.returncode} {done.stderr}{done.stdout}"
        return json.loads(done.stdout)["data"] if done.stdout else {}

    def git(self, folder: Path, *words: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        subprocess.run(["git", "-c", "init.defaultBranch=main", *words], cwd=folder, env=self.environment, check=True)

    def rig(self, name: str, *flags: str) -> None:
        origin, side = self.town.parent / f"{name}.git", self.town.parent / f"{name}.side"
        self.git(origin, "init", "-q", "--bare")
        self.git(side, "init", "-q")
        (side / "README").write_text("what it is\n")
        self.git(side, "add", "-A")
        self.git(side, "commit", "-qm", "begin")
        self.git(side, "push", "-q", str(origin), "HEAD:main")
        self.gt("rig", "add", name, str(origin), "--gate", "test=test ! -e bad", *flags)

    def bead(self, title: str, script: str, *flags: str, stdin: str = "") -> str:
        more = ("--stdin",) if stdin else ()
        bead = str(self.gt("bead", "create", title, *flags, *more, stdin=stdin)["id"])
        self.script(bead, script)
        return bead

    def script(self, bead: str, script: str) -> None:
        (self.story / f"{bead}.sh").write_text(script)

    def wait(self, *beads: str, stuck: bool = False) -> None:
        self.gt("wait", *beads, "--timeout", str(PATIENCE - 20), fails=stuck)


def live(life: Life) -> None:
    """Most of what can happen to beads, rigs, agents and convoys."""
    life.gt("install", str(life.town))
    life.gt("up")
    command = ("--vendor", "shell", "--command", 'exec sh -eu "$STORY/$GT_BEAD.sh"', "--env", f"STORY={life.story}")
    life.gt("agent", "add", "sh", *command, "--default")
    life.gt("agent", "add", "gone", *command)
    life.gt("agent", "remove", "gone")
    life.gt("config", "set", "limit.failed_runs", "1")
    life.rig("app")
    life.rig("held", "--land", "hold")
    landed = life.bead(
        ODD, f"echo a > a; {COMMIT} 'Add a'", "--rig", "app", "-d", "line\n\x1b]8;;http://x\x07link\n", "-p", "0"
    )
    after = life.bead("After it", f"test -e a; echo b > b; {COMMIT} 'Add b'", "--rig", "app", "--needs", landed)
    red = life.bead(
        "Red at first",
        f"test -e ok || {{ echo x > bad; echo > ok; {COMMIT} bad; exit; }}; git rm -q bad; {COMMIT} ok",
        "--rig",
        "app",
    )
    long = life.bead("Long", f"echo c > c; {COMMIT} 'Add c'; gt done", "--rig", "app", stdin="a long story\n" * 20_000)
    life.gt("sling", landed, after, red, long)
    life.wait(landed, after, red, long)
    broken = life.bead("Fails", "echo half > half; exit 3", "--rig", "app")
    asks = life.bead("Asks", "gt done --status escalated --reason 'which one?'", "--rig", "app")
    life.gt("sling", broken, asks)
    life.wait(broken, asks, stuck=True)
    life.script(broken, f"echo d > d; {COMMIT} 'Add d'")
    life.gt("retry", broken)
    life.wait(broken)
    waits = life.bead("Waits for a person", f"echo e > e; {COMMIT} 'Add e'", "--rig", "held")
    life.gt("sling", waits)
    life.wait(waits, stuck=True)
    life.gt("mq", "approve", waits)
    life.wait(waits)
    _second_thoughts(life, landed)
    life.gt("rig", "pause", "held", "--reason", "for later")
    life.gt("verify")


def _second_thoughts(life: Life, landed: str) -> None:
    life.gt("rig", "pause", "app", "--reason", "a moment")
    taken = life.bead("Taken back", "true", "--rig", "app")
    slung = life.bead("Slung and waiting", "true", "--rig", "app", "--needs", taken)
    life.gt("sling", taken, slung)
    life.gt("unsling", taken, "--reason", "not now")
    life.gt("rig", "resume", "app")
    closed = life.bead("Closed by hand", "", "-t", "bug", "--needs", landed)
    life.gt("bead", "update", closed, "--notes", "some", "--assignee", "me", "--drop", landed)
    life.gt("bead", "close", closed, "--reason", "done by hand")
    life.gt("convoy", "create", "A set", closed, landed)
    life.gt("bead", "reopen", closed)
    life.gt("convoy", "add", life.gt("convoy", "list")[-1]["id"], taken)
    life.gt("estop", "--reason", "try it")
    life.gt("thaw")


async def meaning(town: Path) -> dict[str, Any]:
    known = config.load(town)
    login = known.nats()
    async with connect(login.url, name="account", user=login.user, password=login.password) as connection:
        log = JetStreamEventLog(connection, known.name, known.incarnation)
        return await account(log, JetStreamTexts(connection, known.name, known.incarnation))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", help="of the version, say 0.1.0")
    store = STORES / f"{parser.parse_args().name}.tar.xz"
    if store.exists():
        sys.exit(f"{store} is kept already, and stays as it is")
    folder = Path(tempfile.mkdtemp(prefix="gastown-store-"))
    life = Life(folder)
    try:
        live(life)
        told = anyio.run(meaning, life.town)
        life.gt("down")
        (life.town / "run" / "children.json").unlink(missing_ok=True)
        with tarfile.open(store, "w:xz") as archive:
            for name in KEPT:
                archive.add(life.town / name, name)
        store.with_name(f"{store.name.removesuffix('.tar.xz')}.json").write_text(
            json.dumps(told, indent=1, ensure_ascii=True, sort_keys=True) + "\n"
        )
    finally:
        subprocess.run(
            [sys.executable, "-m", "gastown_cli", "down"], env=life.environment, check=False, capture_output=True
        )
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
