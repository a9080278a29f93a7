"""Commits in memory, and what follows from them alone: ancestry, ranges, three-way merges of whole files.

What git merges line by line conflicts here: a file that both sides changed, and not alike. A renamed file is another.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import TypeAlias

import msgspec

from gastown.clock import now
from gastown.events.ids import Commit

Tree: TypeAlias = Mapping[str, str]
"""Path to text. Never changed once it belongs to a commit."""

_TRAILER_LINE = re.compile(r"([A-Za-z0-9-]+): (.*)")


class MemoryCommit(msgspec.Struct, frozen=True, kw_only=True):
    """number: counts all commits in the order they were made, so a parent's is lower."""

    id: Commit
    parents: tuple[Commit, ...]
    tree: Tree
    message: str
    number: int

    @property
    def subject(self) -> str:
        return self.message.split("\n", 1)[0]

    @property
    def trailers(self) -> dict[str, str]:
        """The last paragraph of its message, if that is made of nothing else."""
        paragraphs = self.message.strip().split("\n\n")
        lines = [_TRAILER_LINE.fullmatch(line) for line in paragraphs[-1].splitlines()]
        if len(paragraphs) < 2 or not all(lines):
            return {}
        return {line[1]: line[2] for line in lines if line}


class Commits:
    """Every commit that anyone ever made, of all repositories; which of them holds one, it says itself."""

    def __init__(self) -> None:
        self._made: dict[Commit, MemoryCommit] = {}

    def __getitem__(self, commit: Commit) -> MemoryCommit:
        return self._made[commit]

    def __contains__(self, commit: Commit) -> bool:
        return commit in self._made

    def make(self, tree: Tree, parents: tuple[Commit, ...], message: str) -> Commit:
        """As git does: made alike in the same second it is the same commit."""
        content = json.dumps([sorted(tree.items()), parents, message, int(now())])
        name = hashlib.sha1(content.encode(), usedforsecurity=False).hexdigest()
        if name not in self._made:
            made = MemoryCommit(id=name, parents=parents, tree=dict(tree), message=message, number=len(self._made))
            self._made[name] = made
        return name

    def history(self, tips: Iterable[Commit], without: Iterable[Commit] = ()) -> list[MemoryCommit]:
        """Every ancestor of `tips`, themselves too, that is none of `without`: newest first."""
        found = self.reach(tips, self.reach(without, frozenset()))
        return sorted((self._made[name] for name in found), key=lambda commit: -commit.number)

    def between(self, base: Commit, tip: Commit) -> list[MemoryCommit]:
        """`base..tip`, newest first."""
        return [] if base == tip else self.history([tip], [base])

    def contains(self, tip: Commit, commit: Commit) -> bool:
        """Whether `commit` is `tip` or an ancestor of it."""
        oldest, waiting, seen = self._made[commit].number, [tip], set[Commit]()
        while waiting:
            name = waiting.pop()
            if name == commit:
                return True
            if name not in seen and self._made[name].number > oldest:
                seen.add(name)
                waiting += self._made[name].parents
        return False

    def merge_base(self, one: Commit, other: Commit) -> Commit:
        """The newest common ancestor, "" for none."""
        shared = self.reach([one], frozenset()) & self.reach([other], frozenset())
        return max(shared, key=lambda name: self._made[name].number) if shared else ""

    def changes(self, base: Commit, commit: Commit) -> frozenset[tuple[str, str | None, str | None]]:
        """What lies between two commits: the paths that differ, with both texts."""
        before, after = self._made[base].tree, self._made[commit].tree
        paths = before.keys() | after.keys()
        return frozenset(
            (path, before.get(path), after.get(path)) for path in paths if before.get(path) != after.get(path)
        )

    def reach(self, tips: Iterable[Commit], known: AbstractSet[Commit]) -> set[Commit]:
        """`tips` and their ancestors, as far as one comes without passing a known one."""
        found, waiting = set[Commit](), [tip for tip in tips if tip not in known]
        while waiting:
            name = waiting.pop()
            if name not in found:
                found.add(name)
                waiting += [parent for parent in self._made[name].parents if parent not in known]
        return found


def merge_trees(base: Tree, ours: Tree, theirs: Tree) -> tuple[dict[str, str], tuple[str, ...]]:
    """The merged tree, and the paths that conflict: those hold our text."""
    merged, conflicts = dict[str, str](), list[str]()
    for path in sorted(base.keys() | ours.keys() | theirs.keys()):
        before, mine, other = base.get(path), ours.get(path), theirs.get(path)
        if before not in (mine, other) and mine != other:
            conflicts.append(path)
        text = other if mine == before else mine
        if text is not None:
            merged[path] = text
    return merged, tuple(conflicts)
