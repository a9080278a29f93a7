"""seance: an earlier session's conversation is asked something, in a copy."""

from typing import Any

import msgspec

from gastown.actors.commands.command import Owner
from gastown.actors.commands.polecat import NoteSeance
from gastown.actors.errands import AskSeance, SeanceFacts
from gastown.api.call import Call, Method, Reply
from gastown.api.looking import session_at
from gastown.errors import RefusedError, UsageError
from gastown.events.agent import AgentSpec
from gastown.events.ids import Entity, SessionId
from gastown.events.session import KIND, SessionOpened
from gastown.projections.kernel.store import Record

LONGEST = 20_000
"""Characters of a question."""
KEPT = 4000
"""Characters of it, and of the answer, that the log holds."""
MOST_SECONDS = 3600.0


class Seance(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """address: as of peek. timeout: seconds."""

    address: str
    question: str
    timeout: float = 300.0


async def _seance(call: Call, params: Seance) -> Reply:
    question = params.question.strip()
    if not question:
        raise UsageError("there is nothing to ask", "gt seance SESSION -p QUESTION")
    if len(question) > LONGEST:
        raise UsageError(f"{len(question)} characters are too many for a question", f"at most {LONGEST}")
    if not 0 < params.timeout <= MOST_SECONDS:
        raise UsageError(f"{params.timeout} is no time to wait", f"more than 0, at most {MOST_SECONDS:.0f} seconds")
    session = session_at(call, params.address)
    asked = await _asked(call, session, params, question)
    facts = await call.ask(asked, SeanceFacts, patience=params.timeout + 30)
    noted = await call.order(Owner("polecat", session["id"]), _note(session["id"], question, facts))
    return Reply(noted.position, {"session": session["id"], "question": question, **msgspec.to_builtins(facts)})


async def _asked(call: Call, session: Record, params: Seance, question: str) -> AskSeance:
    if not session["conversation"]:
        raise RefusedError(f"session {session['id']} has no conversation", f"read it: gt peek {session['id']}")
    return AskSeance(
        session=session["id"],
        rig=session["rig"],
        bead=session["bead"],
        agent=await _agent(call, session["id"]),
        conversation=session["conversation"],
        worktree=session["worktree"] or "",
        question=question,
        timeout=params.timeout,
    )


async def _agent(call: Call, session: SessionId) -> AgentSpec:
    """As it was when the session was opened."""
    for recorded in await call.desk.log.read_entity(Entity(KIND, session)):
        if isinstance(recorded.envelope.data, SessionOpened):
            return recorded.envelope.data.agent
    raise RefusedError(f"nobody knows who worked in session {session}", "gt agents shows who works")


def _note(session: SessionId, question: str, facts: SeanceFacts) -> NoteSeance:
    return NoteSeance(
        session=session,
        question=question[:KEPT],
        text=facts.text[:KEPT],
        usage=facts.usage,
        model=facts.model,
        failure=facts.failure,
        seconds=facts.seconds,
    )


METHODS: dict[str, Method[Any]] = {"seance": Method(run=_seance, params=Seance)}
