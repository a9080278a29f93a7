"""The project's origin: a bare repository made with real git, and what can be read from it afterwards."""

import re
from pathlib import Path

import msgspec

from gastown.adapters.git.environment import identity_environment, local_environment
from gastown.adapters.git.program import GitProgram
from gastown.adapters.git.repository import Repository
from gastown.demo.place import Place
from gastown.demo.story import project

BRANCH = "main"
_PERSON = ("Ada", "ada@abacus.example")
_TRAILER = re.compile(r"^Gastown-(\w+): (.+)$", re.MULTILINE)


class Landing(msgspec.Struct, frozen=True, kw_only=True):
    """A commit of the target, and what its trailers say."""

    commit: str
    subject: str
    bead: str
    submission: str


class Origin:
    """Every method raises GitFailedError."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._program = GitProgram()
        self._environment = local_environment() | identity_environment(_PERSON)
        self._bare = self._at(place.origin)

    def _at(self, git_dir: Path, work_tree: Path | None = None) -> Repository:
        return Repository(self._program, git_dir, self._environment, self._environment, work_tree)

    async def make(self) -> str:
        """The project as it is before the first bead. -> its commit."""
        seed = self._place.seed
        for path, content in project().items():
            (seed / path).parent.mkdir(parents=True, exist_ok=True)
            (seed / path).write_text(content)
        own, step = self._at(seed / ".git", seed), "making the project"
        self._place.origin.mkdir()
        branch = f"--initial-branch={BRANCH}"
        await self._bare.run("init", "--quiet", "--bare", branch, str(self._place.origin), step=step)
        await own.run("init", "--quiet", branch, str(seed), step=step)
        await own.run("add", "--all", step=step)
        await own.run("commit", "--quiet", "--message", "Abacus: numbers of things", step=step)
        await own.run("push", "--quiet", str(self._place.origin), BRANCH, step=step)
        return await self.tip()

    async def tip(self) -> str:
        return (await self._bare.run("rev-parse", BRANCH, step="looking at the target")).text

    async def landings(self, base: str) -> list[Landing]:
        """What was put on the target after `base`, oldest first: the first parents only."""
        log = ("log", "--first-parent", "--reverse", "-z", "--format=%H%n%B", f"{base}..{BRANCH}")
        shown = await self._bare.run(*log, step="reading the target")
        return [_landing(text) for text in shown.fields if text]

    async def contains(self, commit: str, earlier: str) -> bool:
        ancestry = ("merge-base", "--is-ancestor", earlier, commit)
        return (await self._bare.run(*ancestry, step="comparing commits", ok=(0, 1))).code == 0

    async def content(self, path: str) -> str:
        """Of a file on the target."""
        return (await self._bare.run("show", f"{BRANCH}:{path}", step=f"reading {path}")).text

    async def checkout(self, commit: str) -> Path:
        """A fresh one, of `commit`."""
        folder, step = self._place.checkouts / commit, f"checking out {commit[:12]}"
        clone = ("clone", "--quiet", "--no-checkout", "--shared", "--template=", str(self._place.origin), str(folder))
        await self._bare.run(*clone, step=step)
        await self._at(folder / ".git", folder).run("checkout", "--quiet", "--detach", commit, step=step)
        return folder


def _landing(text: str) -> Landing:
    commit, _, message = text.partition("\n")
    trailers = dict(_TRAILER.findall(message))
    subject = message.strip().partition("\n")[0]
    bead, submission = trailers.get("Bead", ""), trailers.get("Submission", "")
    return Landing(commit=commit, subject=subject, bead=bead, submission=submission)
