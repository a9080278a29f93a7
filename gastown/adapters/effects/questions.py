"""What the town may ask of its host, and where the answer comes from."""

from typing import Any

import anyio

from gastown.actors.errands import (
    AskAgentCheck,
    AskBundle,
    AskCommit,
    AskDiff,
    AskDropOutputs,
    AskFrozen,
    AskOrigin,
    AskOutput,
    AskOutputs,
    AskPeek,
    AskProof,
    AskRigCheck,
    AskSandbox,
    AskSeance,
    Output,
    Question,
    SandboxFacts,
)
from gastown.adapters.effects import luggage, outputs
from gastown.adapters.effects.bounds import some
from gastown.adapters.effects.check_rig import check_rig
from gastown.adapters.effects.preflight import check_agent
from gastown.adapters.effects.run_session import Sessions
from gastown.adapters.effects.seance import hold_seance
from gastown.adapters.effects.site import Site
from gastown.adapters.files.growing import last_lines, lines_from, watched
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
        case AskOutput():
            return await _output(sessions, question)
        case AskDiff():
            return await _diff(site, sessions, question)
        case AskCommit(rig=rig, commit=commit):
            return await (await site.rigs.ready(rig, None)).questions.commit(commit)
        case AskSeance():
            return await hold_seance(site, sessions.agents, question, traceparent)
        case AskFrozen(number=number):
            return await site.holds.carried_out(number)
        case AskProof():
            git = await site.rigs.ready(question.rig, question.config)
            return await git.questions.proof(question.landed, question.pins)
        case AskBundle():
            return await luggage.bundle(site, question)
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


async def _output(sessions: Sessions, question: AskOutput) -> Output:
    """The watch begins before the look, so that nothing is missed between the two."""
    folder = sessions.folder(question.session)
    if not folder.is_there():
        msg = f"session {question.session} has never run on this machine"
        raise UnknownThingError(msg)
    if question.offset is None:
        text, offset = last_lines(folder.output, question.lines)
        return Output(text=text.decode(errors="replace"), offset=offset, over=False)
    offset = question.offset
    async with watched(folder.path) as changed:
        with anyio.move_on_after(question.wait):
            while True:
                over = folder.ended() is not None
                text, offset = lines_from(folder.output, offset, over=over)
                if text or over:
                    return Output(text=text.decode(errors="replace"), offset=offset, over=over and not text)
                await changed()
    return Output(text="", offset=offset, over=False)


async def _diff(site: Site, sessions: Sessions, question: AskDiff) -> str:
    attempt = sessions.attempt(question.session) if question.session else None
    git = await site.rigs.ready(question.rig, None)
    if attempt is not None and attempt.sandbox is not None:
        return await git.questions.diff_sandbox(question.session)
    return await git.questions.diff(question.base, question.commit)
