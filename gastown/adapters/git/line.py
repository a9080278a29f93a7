"""The target's own line: the commits that the Refinery and people put there, without what workers made.

A worker writes what it likes into its own history: another's trailers, merges that name another's commit, even a real
candidate of another's that it merged away. All of that comes to the target as a later parent of a landing, and proves
nothing. A person's merges are followed both ways: some merge the target into their branch and put that in its place.
"""

from collections.abc import Container, Mapping, Sequence

import msgspec

from gastown.events.ids import Commit


class Pinned(msgspec.Struct, frozen=True):
    """What the Refinery knows of: commits that workers submitted, and candidates it built of them."""

    submitted: Container[Commit]
    candidates: Container[Commit]


class Line(msgspec.Struct, frozen=True):
    """own: its commits as far as was looked, with their parents."""

    own: Mapping[Commit, Sequence[Commit]]

    def took(self, commit: Commit) -> bool:
        """Whether `commit` is on it, or was merged into it by whom it belongs to."""
        return commit in self.own or any(commit in parents for parents in self.own.values())


def line(tip: Commit, history: Mapping[Commit, Sequence[Commit]], named: Container[Commit], pinned: Pinned) -> Line:
    """Of the target at `tip`. history: each commit as far as one looks, with its parents. named: those that carry a
    submission's trailer."""
    own: dict[Commit, Sequence[Commit]] = {}
    waiting = [tip]
    while waiting:
        commit = waiting.pop()
        if commit in own or commit not in history:
            continue
        own[commit] = parents = history[commit]
        waiting += parents[:1]
        waiting += (parent for parent in parents[1:] if _is_followed(parent, commit in named, pinned))
    return Line(own)


def _is_followed(parent: Commit, landing: bool, pinned: Pinned) -> bool:
    """Whether what `parent` brought to the line belongs to it. landing: it was brought by a commit with a trailer.

    A forge may give its merge of a proposal the proposal's own trailers.
    """
    submitted, candidate = parent in pinned.submitted, parent in pinned.candidates
    return (candidate and not submitted) if landing else (candidate or not submitted)
