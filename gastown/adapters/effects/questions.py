"""What the town may ask of its host, and where the answer comes from."""

from typing import Any

from gastown.actors.errands import (
    AskAgentCheck,
    AskCommit,
    AskDiff,
    AskDropOutputs,
    AskFrozen,
    AskOrigin,
    AskOutputs,
    AskPeek,
    AskProof,
    AskRigCheck,
    AskSandbox,
    Question,
    SandboxFacts,
)
from gastown.adapters.effects import outputs
from gastown.adapters.effects.bounds import some
from gastown.adapters.effects.check_rig import check_rig
from gastown.adapters.effects.preflight import check_agent
from gastown.adapters.effects.run_session import Sessions
from gastown.adapters.effects.site import Site
from gastown.errors import UnknownThingError
from gastown.events.ids import SessionId


async def answer(site: Site, sessions: Sessions, question: Question, traceparent: str) -> Any:
    """See each question for what its answer is. Raises GastownError."""
    match question:
        case AskOrigin(location=location, branch=branch):
            return await site.rigs.git.inspect_origin(location, branch)
        case AskRigCheck():
            return await check_rig(site, question, traceparent)
        case AskAgentCheck():
            return await check_agent(site, question, traceparent)
        case AskSandbox(session=session):
            return await _sandbox(sessions, session)
        case AskPeek(session=session, lines=lines):
            return _peek(sessions, session, lines)
        case AskDiff():
            return await _diff(site, sessions, question)
        case AskCommit(rig=rig, commit=commit):
            return await (await site.rigs.ready(rig, None)).questions.commit(commit)
        case AskFrozen(number=number):
            return await site.holds.carried_out(number)
        case AskProof():
            git = await site.rigs.ready(question.rig, question.config)
            return await git.questions.proof(question.landed, question.pins)
        case AskOutputs():
            return outputs.kept(site)
        case AskDropOutputs():
            return outputs.drop(site, sessions, question.sessions)


async def _sandbox(sessions: Sessions, session: SessionId) -> SandboxFacts:
    attempt = sessions.attempt(session)
    if attempt is None or attempt.sandbox is None or attempt.git is None:
        msg = f"session {session} is not running"
        raise UnknownThingError(msg)
    left = await attempt.git.inspect(attempt.sandbox.worktree, attempt.sandbox.base)
    return SandboxFacts(
        head=left.head,
        base=attempt.sandbox.base,
        ahead=left.ahead,
        changed=some(left.changed),
        untracked=some(left.untracked),
    )


def _peek(sessions: Sessions, session: SessionId, lines: int) -> str:
    """Also of a session that is over, as long as its output is kept."""
    folder = sessions.folder(session)
    if not folder.is_there():
        msg = f"session {session} has never run on this machine"
        raise UnknownThingError(msg)
    return folder.last_lines(lines)


async def _diff(site: Site, sessions: Sessions, question: AskDiff) -> str:
    attempt = sessions.attempt(question.session) if question.session else None
    git = await site.rigs.ready(question.rig, None)
    if attempt is not None and attempt.sandbox is not None:
        return await git.questions.diff_sandbox(question.session)
    return await git.questions.diff(question.base, question.commit)
