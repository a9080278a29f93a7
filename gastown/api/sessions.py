"""hook, prime, done: what a worker asks about itself. By its token it is known which one it is."""

from typing import Any

import msgspec

from gastown.actors.commands.command import Owner
from gastown.actors.commands.polecat import DeclareDone
from gastown.actors.errands import AskSandbox, SandboxFacts
from gastown.api.beads import known, session_of
from gastown.api.call import Call, Method, Nothing, Reply
from gastown.events.session import DoneStatus
from gastown.projections import briefing
from gastown.projections.kernel.store import Record
from gastown.projections.whole_texts import in_full

_NOT_LOOKED = SandboxFacts(head="", base="", ahead=0)


class Done(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    status: DoneStatus = "completed"
    reason: str = ""


async def _hook(call: Call, _: Nothing) -> Reply:
    return call.reply(await _assignment(call))


async def _assignment(call: Call) -> Record:
    session = session_of(call)
    bead = await in_full(call.desk.texts, known(call, session["bead"]))
    mine = ("rig", "address", "agent", "number", "state", "worktree", "branch", "base", "reapplied", "left")
    return {"session": session["id"], "bead": bead, **{name: session[name] for name in mine}}


async def _prime(call: Call, _: Nothing) -> Reply:
    told = await briefing.for_session(call.store, call.desk.texts, session_of(call)["id"], call.desk.town.path)
    return call.reply({**(await _assignment(call)), "text": told.text})


async def _done(call: Call, params: Done) -> Reply:
    """What is seen in the sandbox goes along: the Polecat decides on it. Said again, there may be no sandbox left."""
    session = session_of(call)
    seen = _NOT_LOOKED
    if not session["done_status"]:
        seen = await call.ask(AskSandbox(session=session["id"]), SandboxFacts)
    command = DeclareDone(
        session=session["id"], status=params.status, reason=params.reason, ahead=seen.ahead, changed=seen.changed
    )
    accepted = await call.order(Owner("polecat", session["id"]), command)
    data: Record = {"session": session["id"], "bead": session["bead"], "status": session_of(call)["done_status"]}
    return Reply(accepted.position, {**data, "ahead": seen.ahead, "untracked": seen.untracked})


METHODS: dict[str, Method[Any]] = {
    "hook": Method(run=_hook, params=Nothing, workers=True),
    "prime": Method(run=_prime, params=Nothing, workers=True),
    "done": Method(run=_done, params=Done, workers=True),
}
