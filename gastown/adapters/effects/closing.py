"""The end of a session: judged once, everything it left pinned, written down, its sandbox removed, reported."""

import anyio
import msgspec

from gastown.actors.commands.command import Owner
from gastown.actors.commands.polecat import ReportAgentEnded, ReportAgentLost
from gastown.actors.effects import RunSession
from gastown.adapters.effects.attempt import Attempt
from gastown.adapters.effects.bounds import some
from gastown.adapters.effects.keeping import Kept, keep
from gastown.adapters.effects.outcomes import NOTHING_LEFT, Ending, judge
from gastown.adapters.effects.session_folder import Ended, SessionFolder
from gastown.adapters.effects.site import Job
from gastown.adapters.git.port import GitFailedError, Leftovers, Sandbox, SandboxGoneError
from gastown.bus.luggage_protocol import Left
from gastown.clock import now
from gastown.events.ids import Commit
from gastown.events.session import Outcome
from gastown.loggers import get_logger

_log = get_logger("gastown.host")

SAVE_AGAIN_AFTER = (0.2, 1.0, 3.0, 6.0, 10.0, 20.0)
"""Seconds between attempts to save what a session left: a full disk gets this long, a worker's vandalism no longer."""

_OF_THE_REPOSITORY: tuple[Outcome, ...] = ("submitted", "no_commits", "uncommitted")


async def close(job: Job, effect: RunSession, folder: SessionFolder, attempt: Attempt, ending: Ending) -> Ended:
    """Judge how it ended, pin what it left, and write that down."""
    await job.site.lease.confirmed()
    ended = await _judged(job, effect, attempt, ending)
    await folder.end(ended)
    return ended


async def leave(job: Job, effect: RunSession, attempt: Attempt) -> bool:
    """Report that its agent is gone and can go on in its sandbox. -> whether that is so.

    Nothing of it runs any more. Not where the sandbox cannot be looked into, nor once it is to end.
    """
    if not attempt.lost() or attempt.sandbox is None:
        return False
    await job.site.lease.confirmed()
    try:
        git = await job.site.rigs.ready(effect.rig, job.errand.rig)
        left = await git.inspect(attempt.sandbox.worktree, attempt.sandbox.base)
    except (GitFailedError, OSError) as error:
        _log.warning("session.not_left", session=effect.session, error=str(error))
        return False
    reason = attempt.lost()
    if reason:
        lost = ReportAgentLost(
            session=effect.session,
            run=effect.run,
            at=now(),
            reason=reason,
            ahead=left.ahead,
            changed=some(left.changed),
        )
        job.report(Owner("polecat", effect.session), lost)
    return bool(reason)


async def report(job: Job, effect: RunSession, ended: Ended) -> None:
    """Bring home what it left, remove the sandbox, unless something unsaved is in it, and report. Safe to repeat."""
    ended = await _brought_home(job, effect, ended)
    if not ended.unsaved:
        try:
            git = await job.site.rigs.ready(effect.rig, job.errand.rig)
            await git.remove_sandbox(effect.session)
        except (GitFailedError, OSError) as error:  # in nobody's way: its name is never used again
            _log.warning("session.sandbox_not_removed", session=effect.session, error=str(error))
    job.report(Owner("polecat", effect.session), ended.report)


async def _brought_home(job: Job, effect: RunSession, ended: Ended) -> Ended:
    """What the town is told of is where it can take it from; what cannot be brought there was not handed in."""
    told = ended.report
    left: dict[Left, Commit] = {
        "submitted": told.commit if told.outcome == "submitted" else "",
        "kept": told.kept_commit,
    }
    try:
        for what, commit in left.items():
            if commit:
                await job.site.homeward.bring(job.errand, effect.rig, effect.session, what, commit, told.base)
    except GitFailedError as error:
        _log.error("session.not_brought_home", session=effect.session, error=error.message)
        reason = f"what it left could not be brought home and stays on its machine: {error.message}"
        lost = msgspec.structs.replace(told, outcome="failed", reason=reason, commit="", kept="", kept_commit="")
        return Ended(report=lost, unsaved=True)
    return ended


def unfinished(effect: RunSession, reason: str) -> ReportAgentEnded:
    """What is reported when its end could not be dealt with: whatever it left stays in its sandbox."""
    return ReportAgentEnded(session=effect.session, outcome="start_broke", reason=reason)


async def _judged(job: Job, effect: RunSession, attempt: Attempt, ending: Ending) -> Ended:
    if attempt.sandbox is None:
        verdict = judge(ending, attempt.asked, NOTHING_LEFT)
        return Ended(report=_report(effect, verdict, ending, NOTHING_LEFT, Kept()))
    trouble = ""
    for pause in (0.0, *SAVE_AGAIN_AFTER):
        await anyio.sleep(pause)
        try:
            return await _saved(job, effect, attempt, ending, attempt.sandbox)
        except (GitFailedError, OSError) as error:
            trouble = str(error)
            _log.error("session.not_saved", session=effect.session, error=trouble)
            if isinstance(error, SandboxGoneError):
                break
    return _unsaved(effect, attempt, ending, attempt.sandbox, trouble)


async def _saved(job: Job, effect: RunSession, attempt: Attempt, ending: Ending, sandbox: Sandbox) -> Ended:
    git = await job.site.rigs.ready(effect.rig, job.errand.rig)
    left = await git.inspect(sandbox.worktree, sandbox.base)
    verdict = judge(ending, attempt.asked, left)
    kept = await keep(git, sandbox, effect.rig, effect.session, verdict[0], left)
    report = _report(effect, verdict, ending, left, kept)
    return Ended(report=msgspec.structs.replace(report, base=sandbox.base))


def _unsaved(effect: RunSession, attempt: Attempt, ending: Ending, sandbox: Sandbox, trouble: str) -> Ended:
    """Nothing is removed then, and nothing submitted."""
    outcome, reason = judge(ending, attempt.asked, NOTHING_LEFT)
    told = "" if outcome in _OF_THE_REPOSITORY else f"{reason}; "
    reason = f"{told}what it left could not be saved and stays in {sandbox.worktree}: {trouble}"
    verdict: tuple[Outcome, str] = ("failed" if outcome in _OF_THE_REPOSITORY else outcome, reason)
    return Ended(report=_report(effect, verdict, ending, NOTHING_LEFT, Kept()), unsaved=True)


def _report(
    effect: RunSession, verdict: tuple[Outcome, str], ending: Ending, left: Leftovers, kept: Kept
) -> ReportAgentEnded:
    return ReportAgentEnded(
        session=effect.session,
        outcome=verdict[0],
        reason=verdict[1],
        commit=left.head,
        ahead=left.ahead,
        kept=kept.branch,
        kept_commit=kept.commit,
        untracked=some(left.untracked),
        exit_code=ending.exit_code,
        signal=ending.signal,
        tail=ending.tail,
        seconds=ending.seconds,
    )
