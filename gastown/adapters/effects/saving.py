"""What a session has done is brought home while it works, where its machine may be lost."""

import anyio

from gastown.actors.commands.command import Owner
from gastown.actors.commands.places import ReportWorkSaved
from gastown.actors.effects import RunSession
from gastown.adapters.effects.keeping import kept_branch
from gastown.adapters.effects.site import Job
from gastown.adapters.git.port import OWN_REFS, GitFailedError, RigGit, Sandbox
from gastown.events.ids import Commit
from gastown.loggers import get_logger

EVERY = 20.0
"""Seconds between two looks for commits within a turn; at the end of each, everything is saved, committed or not."""

_log = get_logger("gastown.host")


class Saving:
    """Of one session, beside its agent: no turn waits for it. Enter `run` in a task group."""

    def __init__(self, job: Job, effect: RunSession, git: RigGit, sandbox: Sandbox) -> None:
        self._job = job
        self._effect = effect
        self._git = git
        self._sandbox = sandbox
        self._turn_over = anyio.Event()
        self._head = ""  # as it was last saved

    def end_turn(self) -> None:
        """Save now, whatever is there."""
        self._turn_over.set()

    async def run(self) -> None:
        """Until cancelled. At home there is nothing to do: what is done there is not on a machine that goes away."""
        while self._job.site.homeward.far:
            with anyio.move_on_after(EVERY):
                await self._turn_over.wait()
            turn_over = self._turn_over.is_set()
            if turn_over:
                self._turn_over = anyio.Event()
            try:
                await self._save(turn_over=turn_over)
            except (GitFailedError, OSError) as error:
                _log.warning("session.not_saved_yet", session=self._effect.session, error=str(error))

    async def _save(self, *, turn_over: bool) -> None:
        head, commit = "", ""
        with anyio.CancelScope(shield=True):  # git that is cut short leaves locks
            left = await self._git.inspect(self._sandbox.worktree, self._sandbox.base)
            loose = bool(left.changed or left.untracked)
            if left.head in ("", self._head) and not (turn_over and loose):
                return
            head, session = left.head, self._effect.session
            message = f"What session {session} had not committed yet"
            commit = await self._git.save_work(self._sandbox.worktree, message) if loose else head
            await self._git.pin(self._sandbox.worktree, f"{OWN_REFS}saved/{session}", commit)
        await self._bring(commit)
        self._head = head

    async def _bring(self, commit: Commit) -> None:
        job, session, base = self._job, self._effect.session, self._sandbox.base
        await job.site.homeward.bring(job.errand, self._effect.rig, session, "kept", commit, base)
        saved = ReportWorkSaved(session=session, base=base, commit=commit, kept=kept_branch(session))
        job.report(Owner("polecat", session), saved, part=commit, final=False)
