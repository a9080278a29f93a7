"""Mail: who wrote what to whom, and who has it."""

from collections.abc import Sequence

from gastown.events.envelope import Recorded
from gastown.events.mail import (
    OVERSEER,
    MailDeadLettered,
    MailOffered,
    MailPassedOn,
    MailRead,
    MailSent,
    MailTold,
    bead_address,
    polecat_address,
)
from gastown.projections.kernel.projection import Projection
from gastown.projections.kernel.store import Record, Store
from gastown.projections.kernel.table import Changes, Table
from gastown.projections.rfc3339 import utc

MAIL = Table(
    "mail",
    key=("id",),
    columns={
        "id": "",
        "position": 0,
        "sender": "",
        "reply": "",
        "address": "",
        "subject": "",
        "text": "",
        "urgent": 0,
        "reply_to": "",
        "sent_at": 0.0,
        "session": "",  # which tells it, or has told it
        "told_at": None,
        "read_at": None,
        "reader": "",
        "passed_on_at": None,  # the other town has it
        "dead_at": None,
        "reason": "",
    },
    derived={
        "state": "CASE WHEN dead_at IS NOT NULL THEN 'dead' WHEN read_at IS NOT NULL THEN 'read'"
        " WHEN told_at IS NOT NULL THEN 'told' WHEN passed_on_at IS NOT NULL THEN 'passed on' ELSE 'unread' END"
    },
    indexes=("address", "sender"),
)

mail = Projection("mail", 2, MAIL)


@mail.on(MailSent)
def sent(at: Recorded, event: MailSent) -> Changes:
    row = MAIL.put(
        id=at.entity.id,
        position=at.position,
        sender=event.sender,
        reply=event.reply,
        address=event.to,
        subject=event.subject,
        text=event.text,
        urgent=int(event.urgent),
        reply_to=event.reply_to,
        sent_at=at.envelope.time,
    )
    return (row,)


@mail.on(MailOffered)
def offered(at: Recorded, event: MailOffered) -> Changes:
    return (MAIL.patch(at.entity.id, session=event.session),)


@mail.on(MailTold)
def told(at: Recorded, event: MailTold) -> Changes:
    return (MAIL.patch(at.entity.id, session=event.session, told_at=at.envelope.time),)


@mail.on(MailRead)
def read(at: Recorded, event: MailRead) -> Changes:
    return (MAIL.patch(at.entity.id, read_at=at.envelope.time, reader=event.reader),)


@mail.on(MailPassedOn)
def passed_on(at: Recorded, event: MailPassedOn) -> Changes:
    del event
    return (MAIL.patch(at.entity.id, passed_on_at=at.envelope.time),)


@mail.on(MailDeadLettered)
def dead(at: Recorded, event: MailDeadLettered) -> Changes:
    return (MAIL.patch(at.entity.id, dead_at=at.envelope.time, reason=event.reason),)


def show(store: Store, key: str) -> Record | None:
    """As `inbox`, and {address, reply}: as events write them. None: there is none of this id."""
    row = store.query_one("SELECT * FROM mail WHERE id = ?", (key,))
    return {**_shown(row), "address": row["address"], "reply": row["reply"]} if row else None


def inbox(store: Store, addresses: Sequence[str], *, all_of_it: bool = False) -> list[Record]:
    """{id, sender, to, subject, text, urgent, reply_to, state, session, sent_at, told_at, read_at, reason}.

    state: unread: nobody has it; told: the agent of `session` has it; passed on: the other town has it; read; dead:
    nobody gets it, and `reason` says why. As they came; without all_of_it what is read or dead is left out.
    """
    places = ", ".join("?" * len(addresses))
    which = "true" if all_of_it else "state IN ('unread', 'told')"
    sql = f"SELECT * FROM mail WHERE address IN ({places}) AND {which} ORDER BY position, id"
    return [_shown(row) for row in store.query(sql, tuple(addresses))]


def unread(store: Store, addresses: Sequence[str]) -> list[Record]:
    """The same of those nobody has."""
    return [one for one in inbox(store, addresses) if one["state"] == "unread"]


def addresses_of(session: Record) -> tuple[str, str]:
    """What is for the worker of this session (`sessions.show`)."""
    return bead_address(session["bead"]), polecat_address(session["rig"], session["polecat"])


def _shown(row: Record) -> Record:
    times = {name: utc(row[name]) for name in ("sent_at", "told_at", "read_at")}
    said = {name: row[name] for name in ("id", "sender", "subject", "text", "reply_to", "state", "session", "reason")}
    return {**said, **times, "to": _in_words(row["address"]), "urgent": bool(row["urgent"])}


def _in_words(address: str) -> str:
    """As a person writes it."""
    kind, _, name = address.partition("/")
    match kind:
        case "bead" | "town":
            return name
        case "polecat":
            return name.replace("/", "/polecats/", 1)
        case _:
            return address


def waiting_for_overseer(store: Store) -> int:
    sql = "SELECT count(*) AS many FROM mail WHERE address = ? AND state = 'unread'"
    return int(store.query(sql, (OVERSEER,))[0]["many"])
