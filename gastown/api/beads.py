"""bead.*, ready."""

from collections.abc import Iterable
from typing import Any

import msgspec

from gastown.actors.commands.mayor import MAYOR, CloseBead, CreateBead, ReopenBead, UpdateBead
from gastown.actors.errands import AskSandbox, SandboxFacts
from gastown.api.at_hub import not_at_hub
from gastown.api.call import Call, Method, Reply
from gastown.api.desk import Desk
from gastown.bus.texts import TextLostError, shortened
from gastown.clock import now_ns
from gastown.errors import RefusedError, UnknownThingError, UnreachableError
from gastown.events.ids import Entity
from gastown.projections import abroad, around, attempts, beads, branches, merge_queue, parked, sessions
from gastown.projections.kernel.store import Record
from gastown.projections.ready import ready
from gastown.projections.whole_texts import in_full


class Create(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    title: str
    description: str = ""
    acceptance: str = ""
    priority: int = 2
    issue_type: str = "task"
    rig: str = ""
    needs: tuple[str, ...] = ()


class One(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    bead: str


class Filters(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None: any. limit 0: all."""

    rig: str | None = None
    state: str | None = None
    status: str | None = None
    priority: int | None = None
    issue_type: str | None = None
    assignee: str | None = None
    convoy: str | None = None
    limit: int = 0


class Update(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None: unchanged."""

    bead: str
    title: str | None = None
    description: str | None = None
    acceptance: str | None = None
    priority: int | None = None
    issue_type: str | None = None
    assignee: str | None = None
    notes: str | None = None
    add_needs: tuple[str, ...] = ()
    remove_needs: tuple[str, ...] = ()


class WithReason(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    bead: str
    reason: str = ""


def known(call: Call, bead: str) -> Record:
    """The bead. Raises UnknownThingError."""
    found = beads.show(call.store, bead)
    if found is None and (hidden := parked.show(call.store, "bead", bead)):
        raise RefusedError(f"bead/{bead} is parked: {hidden['why']}", hidden["hint"])
    if found is None:
        raise UnknownThingError(f"no bead {bead!r}", "gt bead list")
    return found


def session_of(call: Call) -> Record:
    """The speaker's session. Raises RefusedError for a person, who has none."""
    if not call.speaker.session:
        raise RefusedError("you are the Overseer; only a worker has a session", "gt agents shows who works on what")
    found = sessions.show(call.store, call.speaker.session)
    if found is None:
        raise UnknownThingError(f"no session {call.speaker.session!r}", "gt agents")
    return found


def _own(call: Call, bead: str) -> bool:
    """Is it the speaker's own? Raises RefusedError for a worker whose business it is not.

    Judged by what a retried call finds unchanged: a bead that its worker has closed still is that worker's.
    """
    if not call.speaker.session:
        return False
    found = known(call, bead)
    holder = found.get("session", "")
    if session_of(call)["bead"] == bead and holder in ("", call.speaker.session):
        return True
    if found["created_by"] == call.speaker.actor and not holder:
        return False
    raise RefusedError(f"{bead} is not the bead of session {call.speaker.session}", "gt hook shows which one is")


async def _create(call: Call, params: Create) -> Reply:
    said = await _with_short_texts(call, params)
    if call.speaker.session and not params.rig:
        said["rig"] = session_of(call)["rig"]
    command = CreateBead(**said, creator=call.speaker.actor, created_ns=now_ns())
    accepted = await call.order(MAYOR, command)
    return Reply(accepted.position, known(call, accepted.events[0].entity.id))


async def _with_short_texts(call: Call, params: Create | Update) -> dict[str, Any]:
    """The params, with long texts kept beside the log: before the event that names them."""
    said = msgspec.structs.asdict(params)
    return said | {name: await shortened(call.desk.texts, said[name]) for name in beads.KEPT_APART if said.get(name)}


async def _show(call: Call, params: One) -> Reply:
    found = known(call, params.bead)
    waits = await not_at_hub(call.desk, found) if call.of is None else ""
    found = await _in_full(call, found)
    landed = abroad.landed_in(call.store, params.bead)
    said = {name: what for name, what in (("waits", waits), ("landed", landed)) if what}
    if said:
        found = {**found, "abroad": {**found.get("abroad", {}), **said}}
    more: dict[str, Any] = {
        "needs": beads.needs_of(call.store, params.bead),
        "returned": attempts.of_bead(call.store, params.bead),
        "submissions": merge_queue.of_bead(call.store, params.bead),
        "handovers": abroad.of_bead(call.store, params.bead),
        "kept": branches.listing(call.store, bead=params.bead),
    }
    return call.reply({**found, **more})


async def _in_full(call: Call, found: Record) -> Record:
    """Of another town's long texts that the hub lacks, the beginning."""
    try:
        return await in_full(call.desk.texts, found)
    except (TextLostError, UnreachableError):
        if call.of is None:
            raise
        return found


async def about_one(desk: Desk, params: One) -> Iterable[Entity]:
    """What a bead's page is folded from."""
    return await around.bead(desk.store, desk.log, params.bead)


async def _list(call: Call, params: Filters) -> Reply:
    return call.reply(beads.listing(call.store, **msgspec.structs.asdict(params)))


async def _ready(call: Call, params: Filters) -> Reply:
    return call.reply(ready(call.store, **msgspec.structs.asdict(params)))


async def _update(call: Call, params: Update) -> Reply:
    _own(call, params.bead)
    accepted = await call.order(MAYOR, UpdateBead(**await _with_short_texts(call, params)))
    return Reply(accepted.position, known(call, params.bead))


async def _close(call: Call, params: WithReason) -> Reply:
    own = _own(call, params.bead)
    unlanded = await _unlanded(call, params.bead) if own else 0
    session = call.speaker.session if own else ""
    command = CloseBead(bead=params.bead, reason=params.reason, session=session, unlanded=unlanded)
    accepted = await call.order(MAYOR, command)
    return Reply(accepted.position, known(call, params.bead))


async def _unlanded(call: Call, bead: str) -> int:
    """How many commits the speaker's sandbox holds that nobody has. A bead that is closed already needs no look."""
    if known(call, bead)["state"] in beads.DONE:
        return 0
    return (await call.ask(AskSandbox(session=call.speaker.session), SandboxFacts)).ahead


async def _reopen(call: Call, params: WithReason) -> Reply:
    accepted = await call.order(MAYOR, ReopenBead(bead=params.bead, reason=params.reason))
    return Reply(accepted.position, known(call, params.bead))


METHODS: dict[str, Method[Any]] = {
    "bead.create": Method(run=_create, params=Create, workers=True),
    "bead.show": Method(run=_show, params=One, workers=True, timed=True, about=about_one),
    "bead.list": Method(run=_list, params=Filters, workers=True, timed=True),
    "bead.update": Method(run=_update, params=Update, workers=True),
    "bead.close": Method(run=_close, params=WithReason, workers=True),
    "bead.reopen": Method(run=_reopen, params=WithReason),
    "ready": Method(run=_ready, params=Filters, workers=True, timed=True),
}
