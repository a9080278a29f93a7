"""An origin in memory: branches that people and rigs push to, with all that can go wrong on the way there."""

from pathlib import Path

from gastown.adapters.git.memory_commits import Commits, merge_trees
from gastown.adapters.git.port import GitFailedError, Refused
from gastown.adapters.git.push import checked_out
from gastown.events.ids import Commit


class Push:
    """On its way: it may arrive also when whoever sent it is dead. root: the rig's folder, "" for a person.

    done: None as long as it has not arrived. refusal: the origin's decision against it.
    """

    def __init__(self, root: Path, branch: str, expected: Commit, commit: Commit) -> None:
        self.root = root
        self.branch = branch
        self.expected = expected
        self.commit = commit
        self.done: bool | None = None
        self.refusal: Refused | None = None


class MemoryOrigin:
    """branches: name to commit. default: the one it names first. underway: pushes that have not arrived.

    What a test or a simulation sets: refusal (words with which pushes are refused, "" for none), unreachable, lost
    (so many pushes arrive, and their answers do not), cut (so many pushes break off and do not arrive), checkout (it
    is somebody's, without a remote), checked_out (its branch that pushes cannot move).
    """

    def __init__(self, location: str, commits: Commits) -> None:
        self.location = location
        self.branches: dict[str, Commit] = {}
        self.default = "main"
        self.underway: list[Push] = []
        self.refusal = ""
        self.unreachable = False
        self.lost = 0
        self.cut = 0
        self.checkout = False
        self.checked_out = ""
        self._commits = commits

    def reach(self, step: str) -> None:
        """Raises GitFailedError while it is unreachable."""
        if self.unreachable:
            raise GitFailedError(f"{step}: {self.location} cannot be reached")

    def commit(self, message: str, *, branch: str = "main", remove: tuple[str, ...] = (), **changes: str) -> Commit:
        """A person's commit on top of a branch, pushed. changes: `name__py` for name.py."""
        tip = self.branches.get(branch, "")
        tree = dict(self._commits[tip].tree) if tip else {}
        tree.update({name.replace("__", "."): text for name, text in changes.items()})
        for path in remove:
            del tree[path]
        self.branches[branch] = self._commits.make(tree, (tip,) if tip else (), message)
        return self.branches[branch]

    def merge(self, commit: Commit, *, branch: str = "main", message: str = "Merge") -> Commit:
        """A person's merge of a commit into a branch, fast-forward where that is possible. ValueError: conflicts."""
        tip = self.branches[branch]
        base = self._commits.merge_base(tip, commit)
        if base == tip:
            self.branches[branch] = commit
            return commit
        ours, theirs = self._commits[tip].tree, self._commits[commit].tree
        tree, conflicts = merge_trees(self._commits[base].tree, ours, theirs)
        if conflicts:
            raise ValueError(f"conflicts in {', '.join(conflicts)}")
        self.branches[branch] = self._commits.make(tree, (tip, commit), message)
        return self.branches[branch]

    def push(self, branch: str, expected: Commit, commit: Commit) -> bool:
        """Move a branch from `expected` ("": it must not exist) to `commit`, unless it is elsewhere."""
        found = self.branches.get(branch, "")
        if found not in (expected, commit):
            return False
        self.branches[branch] = commit
        return True

    def send(self, root: Path, branch: str, expected: Commit, commit: Commit) -> Push:
        """Begin a push: it arrives with `arrive`."""
        push = Push(root, branch, expected, commit)
        self.underway.append(push)
        return push

    def arrive(self, push: Push) -> None:
        """What it comes to is known at the origin. Nothing happens when it has arrived, or was broken off."""
        if push not in self.underway:
            return
        self.underway.remove(push)
        push.done = False
        if self.unreachable or self.cut:
            self.cut = max(0, self.cut - 1)
        elif self.branches.get(push.branch, "") == push.commit:
            push.done = True
        elif self.branches.get(push.branch, "") != push.expected:
            push.done = False
        elif self.refusal:
            push.refusal = Refused(reason=f"pre-receive hook declined: {self.refusal}")
        elif self.checked_out == push.branch:
            push.refusal = Refused(reason=checked_out(push.branch, self.location))
        else:
            self._move(push)

    def forget(self, root: Path) -> None:
        """The pushes of this rig that are still on their way break off."""
        self.underway = [push for push in self.underway if push.root != root]

    def _move(self, push: Push) -> None:
        self.branches[push.branch] = push.commit
        push.done = not self.lost
        self.lost = max(0, self.lost - 1)
