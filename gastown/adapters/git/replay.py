"""Commits of an earlier attempt, applied anew on another base, without a checkout: nothing is left half done.

A commit is picked by a merge whose base is its parent. `merge-tree` finds the base itself (it can be told since 2.40),
so a commit that holds the new base's tree on top of the old parent stands in for the new base.
"""

from dataclasses import dataclass

from gastown.adapters.git.program import readable
from gastown.adapters.git.repository import Repository
from gastown.events.ids import Commit
from gastown.events.session import Earlier

_FORMAT = "%x00".join(("%H", "%P", "%an", "%ae", "%ad", "%s", "%B")) + "%x00"
_FIELDS = _FORMAT.count("%x00")


@dataclass(frozen=True)
class Replayed:
    """tip: the new base with what applied. conflict: the subject of the first commit that did not apply, or "".

    missing: the commits are in the town that made them, and not here.
    """

    tip: Commit
    reapplied: int
    left: int
    conflict: str = ""
    missing: bool = False


@dataclass(frozen=True)
class _Pick:
    commit: Commit
    parents: tuple[Commit, ...]
    author: dict[str, str]
    subject: str
    message: bytes


async def replay(repository: Repository, earlier: Earlier, onto: Commit) -> Replayed:
    """Apply earlier.base..earlier.commit on `onto`, in order, up to the first that does not apply.

    Merges are passed over: what they brought in from the target is in `onto`. So is what changes nothing any more.
    """
    if earlier.base == onto:
        counted = await repository.run("rev-list", "--count", f"{onto}..{earlier.commit}", step="counting commits")
        return Replayed(earlier.commit, int(counted.text), 0)
    picks = await _picks(repository, earlier, onto)
    tip, reapplied = onto, 0
    for number, pick in enumerate(picks):
        applied = await _apply(repository, pick, tip)
        if applied is None:
            return Replayed(tip, reapplied, len(picks) - number, readable(pick.subject))
        reapplied += applied != tip
        tip = applied
    return Replayed(tip, reapplied, 0)


def is_elsewhere(earlier: Earlier) -> bool:
    """Whether another town made these commits: then they need not be here."""
    return "." in earlier.session


async def find(repository: Repository, earlier: Earlier) -> bool:
    """Whether the commits that another town made are here, or at the origin and so here now."""
    wanted = (earlier.commit, earlier.base)
    if await _holds(repository, wanted):
        return True
    fetch = ("fetch", "--quiet", "--no-write-fetch-head", "--no-auto-maintenance", "--no-recurse-submodules")
    await repository.reach(*fetch, "origin", *wanted, step="looking for another town's commits", ok=None)
    return await _holds(repository, wanted)


async def _holds(repository: Repository, commits: tuple[Commit, ...]) -> bool:
    """With all that they are made of, as far as their own histories go."""
    looked = await repository.run(
        "rev-list",
        "--quiet",
        "--objects",
        f"{commits[0]}",
        f"^{commits[1]}",
        step="looking for commits",
        ok=(0, 1, 128),
    )
    return looked.code == 0


async def _picks(repository: Repository, earlier: Earlier, onto: Commit) -> list[_Pick]:
    log = (
        "log",
        "--reverse",
        "--topo-order",
        "--no-merges",
        "--no-show-signature",
        "--date=raw",
        f"--format={_FORMAT}",
    )
    selected = (earlier.commit, f"^{earlier.base}", f"^{onto}")
    listed = await repository.run(*log, *selected, step="reading the earlier attempt")
    fields = listed.fields[:-1]
    return [_pick(fields[at : at + _FIELDS]) for at in range(0, len(fields), _FIELDS)]


def _pick(fields: list[str]) -> _Pick:
    commit, parents, name, email, date, subject, message = fields
    author = {"GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": email, "GIT_AUTHOR_DATE": date}
    text = message.encode(errors="surrogateescape")
    return _Pick(commit.lstrip("\n"), tuple(parents.split()), author, subject, text)


async def _apply(repository: Repository, pick: _Pick, tip: Commit) -> Commit | None:
    if not pick.parents:
        return None  # a history of its own
    step = f"applying {pick.commit[:12]} again"
    pretend = ("commit-tree", f"{tip}^{{tree}}", "-p", pick.parents[0], "-m", "")
    stand_in = await repository.run(*pretend, step=step)
    merge = ("merge-tree", "--write-tree", "--no-messages", stand_in.text, pick.commit)
    merged = await repository.run(*merge, step=step, ok=(0, 1))
    if merged.code == 1:
        return None
    tree = merged.lines[0]
    if tree == (await repository.run("rev-parse", f"{tip}^{{tree}}", step=step)).text:
        return tip
    commit = ("commit-tree", tree, "-p", tip, "-F", "-", "--no-gpg-sign")
    made = await repository.run(*commit, step=step, stdin=pick.message, environment=pick.author)
    return made.text
