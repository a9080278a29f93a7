"""asks, answer: what agents may use, where a person is to say."""

from typing import Any, Literal

import msgspec

from gastown.actors.commands.asks import AnswerAsk
from gastown.actors.commands.command import Owner
from gastown.api.call import Call, Method, Reply
from gastown.errors import RefusedError, TakenError, UnknownThingError, UsageError
from gastown.events.ask import session_of
from gastown.projections import asks
from gastown.projections.kernel.store import Record

LONGEST = 4000
"""Characters of a reason: its agent is told it as it is."""


class List(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """all: those that wait no more, too."""

    all: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """reason: of a denial, told to the agent."""

    ask: str
    verdict: Literal["allow", "deny"]
    reason: str = ""


async def _list(call: Call, params: List) -> Reply:
    return call.reply(asks.listing(call.store, all_of_them=params.all))


async def _answer(call: Call, params: Answer) -> Reply:
    allow = params.verdict == "allow"
    if len(params.reason) > LONGEST:
        raise UsageError(f"{len(params.reason)} characters are too many for a reason", f"at most {LONGEST}")
    _refuse_late(_known(call, params.ask), allow=allow)
    command = AnswerAsk(
        session=session_of(params.ask),
        ask=params.ask,
        allow=allow,
        reason=params.reason.strip(),
        sender=call.speaker.actor,
    )
    accepted = await call.order(Owner("polecat", command.session), command)
    return Reply(accepted.position, _known(call, params.ask))


def _known(call: Call, ask: str) -> Record:
    """Raises UnknownThingError."""
    found = asks.show(call.store, ask)
    if found is None:
        raise UnknownThingError(f"there is no ask {ask!r}", "see those that wait: gt asks")
    return found


def _refuse_late(ask: Record, *, allow: bool) -> None:
    """Said the same again, it is let be. Raises TakenError, RefusedError."""
    if ask["allow"] is not None and ask["allow"] != allow:
        said = "allowed" if ask["allow"] else "denied"
        raise TakenError(f"{ask['id']} was {said} by {ask['by']} already: the first answer counts", "gt asks --all")
    if ask["allow"] is None and ask["state"] == "closed":
        raise RefusedError(f"nobody waits for an answer to {ask['id']}: {ask['how']}", f"gt log {ask['bead']}")


METHODS: dict[str, Method[Any]] = {
    "asks": Method(run=_list, params=List, workers=True, timed=True),
    "answer": Method(run=_answer, params=Answer),
}
