"""What a session has committed is brought home while it works, where its machine may be lost."""

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
"""Seconds between two looks; so much work is lost with a machine, at most, once it is committed."""

_log = get_logger("gastown.host")


async def keep_saving(job: Job, effect: RunSession, git: RigGit, sandbox: Sandbox) -> None:
    """Until cancelled. At home there is nothing to do: what is committed there is not on a machine that goes away."""
    if not job.site.homeward.far:
        return
    saved = ""
    while True:
        await anyio.sleep(EVERY)
        try:
            saved = await _saved(job, effect, git, sandbox, saved)
        except (GitFailedError, OSError) as error:
            _log.warning("session.not_saved_yet", session=effect.session, error=str(error))


async def _saved(job: Job, effect: RunSession, git: RigGit, sandbox: Sandbox, before: Commit) -> Commit:
    head = ""
    with anyio.CancelScope(shield=True):  # git that is cut short leaves locks
        head = (await git.inspect(sandbox.worktree, sandbox.base)).head
        if head in ("", before):
            return before
        await git.pin(sandbox.worktree, f"{OWN_REFS}saved/{effect.session}", head)
    await job.site.homeward.bring(job.errand, effect.rig, effect.session, "kept", head, sandbox.base)
    saved = ReportWorkSaved(session=effect.session, base=sandbox.base, commit=head, kept=kept_branch(effect.session))
    job.report(Owner("polecat", effect.session), saved, part=head, final=False)
    return head
