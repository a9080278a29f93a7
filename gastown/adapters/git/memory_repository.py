"""A repository in memory: which commits it holds, and its refs."""

from collections.abc import Iterable

from gastown.adapters.git.memory_commits import Commits, Tree
from gastown.adapters.git.port import GitFailedError
from gastown.events.ids import Commit


class MemoryRepository:
    """refs: full name to commit. alternate: a repository whose commits are seen here too."""

    def __init__(self, commits: Commits, alternate: "MemoryRepository | None" = None) -> None:
        self.commits = commits
        self.refs: dict[str, Commit] = {}
        self._held: set[Commit] = set()
        self._alternate = alternate

    def holds(self, commit: Commit) -> bool:
        return commit in self._held or (self._alternate is not None and self._alternate.holds(commit))

    def demand(self, step: str, *commits: Commit) -> None:
        """Raises GitFailedError unless all of these are here."""
        missing = [commit for commit in commits if not self.holds(commit)]
        if missing:
            raise GitFailedError(f"{step}: bad object {missing[0]}")

    def bring(self, tips: Iterable[Commit]) -> None:
        """Copy commits and all their ancestors into it."""
        self._held |= self.commits.reach(tips, self._held)

    def make(self, tree: Tree, parents: tuple[Commit, ...], message: str) -> Commit:
        """A new commit in it."""
        made = self.commits.make(tree, parents, message)
        self._held.add(made)
        return made

    def drop(self, commit: Commit) -> None:
        """Lose a commit, as a damaged disk or a vandal would."""
        self._held.discard(commit)

    def found(self, start: str) -> list[Commit]:
        """Commits whose names begin like that."""
        return sorted(name for name in self._held if name.startswith(start))
