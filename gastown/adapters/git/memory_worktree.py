"""A worktree in memory, as a worker sees it: files to change, and git to commit them with."""

from fnmatch import fnmatch
from pathlib import Path

from gastown.adapters.git.memory_commits import Tree, merge_trees
from gastown.adapters.git.memory_repository import MemoryRepository
from gastown.events.ids import Commit

_BRANCH = "refs/heads/"


class MemoryWorktree:
    """files: path to text, to be changed by whoever works here. head: the commit that is checked out, "" for none.

    branch: the one that commits move, "" where HEAD is detached. gone: the worker removed all of it.
    """

    def __init__(self, path: Path, repository: MemoryRepository, branch: str, head: Commit) -> None:
        self.path = path
        self.branch = branch
        self.head = head
        self.gone = False
        self._repository = repository
        self.files: dict[str, str] = dict(self._committed)
        self._added: set[str] = set()

    def add(self, *paths: str) -> None:
        """Track these files; without any, all of them."""
        self._added.update(paths or self.files)

    def commit(self, message: str, **changes: str) -> Commit:
        """Write `changes` (`name__py` for name.py), then commit everything. Nothing to commit: HEAD."""
        self.files.update({name.replace("__", "."): text for name, text in changes.items()})
        tree = {path: text for path, text in self.files.items() if not self._is_ignored(path)}
        if self.head and tree == self._committed:
            return self.head
        self._added.clear()
        return self._record(tree, message)

    def commit_part(self, message: str, *paths: str) -> Commit:
        """Commit these paths as they are now, and leave the rest uncommitted."""
        tree = dict(self._committed)
        for path in paths:
            tree.pop(path, None)
            if path in self.files:
                tree[path] = self.files[path]
        self._added.difference_update(paths)
        return self._record(tree, message)

    def merge(self, commit: Commit, message: str = "Merge") -> Commit:
        """Merge a commit into what is checked out. Raises ValueError on a conflict."""
        commits = self._repository.commits
        base = commits[commits.merge_base(self.head, commit)].tree
        tree, conflicts = merge_trees(base, self._committed, commits[commit].tree)
        if conflicts:
            raise ValueError(f"conflicts in {', '.join(conflicts)}")
        self._repository.bring([commit])
        self.files = dict(tree)
        return self._record(tree, message, commit)

    def switch(self, branch: str, *, orphan: bool = False) -> None:
        """Go on on a new branch, "" to detach HEAD. orphan: without any history."""
        self.branch = branch
        if orphan:
            self.files = {path: text for path, text in self.files.items() if path not in self._committed}
            self.head = ""
        elif branch:
            self._repository.refs[_BRANCH + branch] = self.head

    def destroy(self) -> None:
        """rm -rf"""
        self.gone = True
        self.files = {}

    @property
    def changed(self) -> tuple[str, ...]:
        """Tracked files that are not as they were committed."""
        committed = self._committed
        tracked = sorted(committed.keys() | self._added)
        return tuple(path for path in tracked if self.files.get(path) != committed.get(path))

    @property
    def untracked(self) -> tuple[str, ...]:
        """Other files that nothing ignores; folders without a tracked file as one."""
        tracked = self._committed.keys() | self._added
        folders = {folder for path in tracked for folder in _folders(path)}
        found = (path for path in self.files if path not in tracked and not self._is_ignored(path))
        names = {next((f"{folder}/" for folder in _folders(path) if folder not in folders), path) for path in found}
        return tuple(sorted(names))

    @property
    def work(self) -> Tree:
        """Everything in it, committed or not, but for what is ignored."""
        committed = self._committed
        return {path: text for path, text in self.files.items() if path in committed or not self._is_ignored(path)}

    @property
    def _committed(self) -> Tree:
        return self._repository.commits[self.head].tree if self.head else {}

    def _record(self, tree: Tree, message: str, *merged: Commit) -> Commit:
        own = (self.head,) if self.head else ()
        self.head = self._repository.make(tree, (*own, *merged), message)
        if self.branch:
            self._repository.refs[_BRANCH + self.branch] = self.head
        return self.head

    def _is_ignored(self, path: str) -> bool:
        patterns = self.files.get(".gitignore", "").splitlines()
        names = [path, *_folders(path)]
        words = names + [name.rpartition("/")[2] for name in names]
        return any(fnmatch(word, pattern.strip("/")) for pattern in patterns if pattern for word in words)


def _folders(path: str) -> list[str]:
    """The folders that lead to a file, outermost first."""
    parts = path.split("/")[:-1]
    return ["/".join(parts[: count + 1]) for count in range(len(parts))]
