"""Nothing a session leaves is lost: what it hands in and what else it left is pinned before its sandbox goes."""

import msgspec

from gastown.adapters.git.port import KEPT, Leftovers, RigGit, Sandbox
from gastown.adapters.git.tips import SUBMITTED
from gastown.events.ids import Commit, RigName, SessionId, submission_id
from gastown.events.session import Outcome


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """branch: the name by which people find `commit`; both "" when nothing had to be kept."""

    branch: str = ""
    commit: Commit = ""


def kept_ref(session: SessionId) -> str:
    return f"{KEPT}{session}"


def kept_branch(session: SessionId) -> str:
    """What people call it."""
    return f"gt/kept/{session}"


async def keep(
    git: RigGit, sandbox: Sandbox, rig: RigName, session: SessionId, outcome: Outcome, left: Leftovers
) -> Kept:
    """Pin what is submitted where the Refinery takes it from, and whatever else there is as the kept branch.

    Raises GitFailedError; safe to repeat.
    """
    if outcome == "submitted":
        await git.pin(sandbox.worktree, f"{SUBMITTED}{submission_id(rig, session)}", left.head)
        if not left.untracked:
            return Kept()
    elif not (left.head or left.changed or left.untracked):
        return Kept()
    commit = await git.save_work(sandbox.worktree, f"What session {session} left uncommitted")
    await git.pin(sandbox.worktree, kept_ref(session), commit)
    return Kept(branch=kept_branch(session), commit=commit)
