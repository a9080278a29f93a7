"""status, agents, peek, diff, mq.*, branches, escalations, report: how things stand."""

from typing import Any

import msgspec

from gastown.actors.commands.command import Owner
from gastown.actors.commands.refinery import Approve
from gastown.actors.errands import AskDiff, AskOutput, AskPeek, Output
from gastown.api.beads import One as OneBead
from gastown.api.beads import known as known_bead
from gastown.api.call import Call, Method, Nothing, Reply
from gastown.api.desk import Desk
from gastown.api.processes import processes_of
from gastown.errors import RefusedError, UnknownThingError, UsageError
from gastown.events.ids import Entity
from gastown.projections import (
    agents,
    around,
    asks,
    branches,
    budgets,
    escalations,
    merge_queue,
    report,
    sessions,
    town,
)
from gastown.projections.kernel.store import Record

_FOLLOW_PATIENCE = 40.0  # seconds; the host answers within 10
_CENTURY = 100 * 366 * 86_400.0  # seconds


class Report(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """since: how many seconds ago the report begins."""

    since: float = 8 * 3600.0


class Peek(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """address: of a polecat ("<rig>/polecats/<name>"), or a session, or a bead: then its last session."""

    address: str
    lines: int = 40


class Follow(Peek, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """offset: go on behind that, in the session's output; None: begin with its last lines."""

    offset: int | None = None


class OfRig(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rig: str | None = None


class Queue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """all: what is over, too."""

    rig: str | None = None
    all: bool = False


class OneSubmission(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A submission, or a bead: then its last submission."""

    submission: str


class Escalations(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """all: closed ones, too."""

    all: bool = False


async def _status(call: Call, _: Nothing) -> Reply:
    found = town.status(call.store)
    live = call.is_live
    name = call.of.town if call.of else found["town"] or call.desk.town.name
    processes = processes_of(call.desk.town) if live else []
    waiting = escalations.listing(call.store)
    matters = {"escalations": waiting, "asks": asks.listing(call.store)}
    money = budgets.listing(call.store, call.moment)
    return call.reply({**found, "town": name, "processes": processes, "budgets": money, **matters})


async def _agents(call: Call, params: OfRig) -> Reply:
    return call.reply(agents.listing(call.store, params.rig))


def session_at(call: Call, address: str) -> Record:
    """Raises UnknownThingError, RefusedError."""
    found = sessions.show(call.store, address)
    if found is not None:
        return found
    of_bead = sessions.listing(call.store, address)
    if of_bead:
        return of_bead[-1]
    agent = agents.at_address(call.store, address)
    if agent is None:
        raise UnknownThingError(f"nobody works at {address!r}", "see addresses: gt agents")
    if not agent["session"]:
        raise RefusedError(f"{address} has no session now", "gt agents shows who works")
    return sessions.show(call.store, agent["session"]) or {}


async def _peek(call: Call, params: Peek) -> Reply:
    session = session_at(call, params.address)
    text = await call.ask(AskPeek(session=session["id"], lines=params.lines), str)
    shown = {name: session[name] for name in ("address", "bead", "host", "state", "outcome")}
    return call.reply({"session": session["id"], **shown, "text": text})


async def _follow(call: Call, params: Follow) -> Reply:
    """Streams what a session prints, line by line as it comes, until it is over."""
    session, offset = session_at(call, params.address), params.offset
    while True:
        question = AskOutput(session=session["id"], offset=offset, lines=params.lines)
        found = await call.ask(question, Output, _FOLLOW_PATIENCE)
        offset = found.offset
        if found.text:
            await call.emit({"session": session["id"], "text": found.text, "offset": offset})
        if found.over:
            return call.reply({"session": session["id"], "offset": offset})


async def _diff(call: Call, params: OneBead) -> Reply:
    bead = known_bead(call, params.bead)
    tried = sessions.listing(call.store, params.bead)
    if not tried:
        raise RefusedError(f"nobody has worked on {params.bead} yet", f"gt bead show {params.bead}")
    last = tried[-1]
    running = last["state"] != "ended"
    commit = "" if running else last["commit"] or last["kept_commit"]
    if not running and not commit:
        raise RefusedError(f"session {last['id']} of {params.bead} left nothing", f"gt log {params.bead}")
    question = AskDiff(rig=last["rig"], base=last["base"], commit=commit, session=last["id"] if running else "")
    shown = {"bead": bead["id"], "session": last["id"], "running": running, "base": last["base"], "commit": commit}
    return call.reply({**shown, "patch": await call.ask(question, str)})


def _submission(call: Call, key: str) -> Record:
    """Raises UnknownThingError."""
    found = merge_queue.show(call.store, key) or (merge_queue.of_bead(call.store, key) or [None])[-1]
    if found is None:
        raise UnknownThingError(f"there is no submission {key}", "see them: gt mq list --all")
    return found


async def _mq_list(call: Call, params: Queue) -> Reply:
    over = list(reversed(merge_queue.ended(call.store, params.rig, limit=0))) if params.all else []
    return call.reply([*over, *merge_queue.queue(call.store, params.rig)])


async def _mq_show(call: Call, params: OneSubmission) -> Reply:
    return call.reply(_submission(call, params.submission))


async def _about(desk: Desk, params: OneSubmission) -> list[Entity]:
    found = merge_queue.show(desk.store, params.submission)
    return await around.bead(desk.store, desk.log, found["bead"] if found else params.submission)


async def _mq_approve(call: Call, params: OneSubmission) -> Reply:
    found = _submission(call, params.submission)
    key = found["submission"]
    accepted = await call.order(Owner("refinery", found["rig"]), Approve(submission=key))
    return Reply(accepted.position, _submission(call, key))


async def _branches(call: Call, params: OfRig) -> Reply:
    return call.reply(branches.listing(call.store, params.rig))


async def _escalations(call: Call, params: Escalations) -> Reply:
    return call.reply(escalations.listing(call.store, closed_too=params.all))


async def _report(call: Call, params: Report) -> Reply:
    if not 0 <= params.since <= _CENTURY:
        raise UsageError("a report begins some time ago", "--since 8h")
    found = report.since(call.store, call.moment - params.since)
    return call.reply({**found, "budgets": budgets.listing(call.store, call.moment)})


METHODS: dict[str, Method[Any]] = {
    "status": Method(run=_status, params=Nothing, workers=True, timed=True),
    "agents": Method(run=_agents, params=OfRig, workers=True, timed=True),
    "peek": Method(run=_peek, params=Peek, workers=True),
    "follow": Method(run=_follow, params=Follow, workers=True),
    "diff": Method(run=_diff, params=OneBead, workers=True),
    "mq.list": Method(run=_mq_list, params=Queue, workers=True, timed=True),
    "mq.show": Method(run=_mq_show, params=OneSubmission, workers=True, timed=True, about=_about),
    "mq.approve": Method(run=_mq_approve, params=OneSubmission),
    "branches": Method(run=_branches, params=OfRig, workers=True, timed=True),
    "escalations": Method(run=_escalations, params=Escalations, workers=True, timed=True),
    "report": Method(run=_report, params=Report, workers=True, timed=True),
}
