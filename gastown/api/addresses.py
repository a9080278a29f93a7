"""Whom words are for: the one place that reads addresses.

overseer · a bead · a session · RIG/polecats/NAME, short RIG/NAME. Whoever has work is written to by the bead: a letter
that comes too late for this worker is for the next one of the same bead, and not for the same name on other work.
TOWN/ADDRESS is for another town to read (`letters.py`).
"""

import msgspec

from gastown.api.call import Call
from gastown.errors import RefusedError, UnknownThingError
from gastown.events.mail import OVERSEER, Address, bead_address, polecat_address
from gastown.projections import agents, beads, mail, parked, sessions
from gastown.projections.kernel.store import Record, Store

_PROGRAMS = ("mayor", "deacon", "witness", "refinery")


class Recipient(msgspec.Struct, frozen=True):
    """address: as events write it. bead: "" for the Overseer and for a polecat without work."""

    address: Address
    bead: str = ""


def recipient(store: Store, written: str) -> Recipient:
    """Of this town. Raises UnknownThingError, RefusedError."""
    text = written.strip().strip("/")
    if text == OVERSEER:
        return Recipient(OVERSEER)
    if text in _PROGRAMS or text.partition("/")[2] in ("witness", "refinery"):
        reason = f"{text} is a program, and reads no mail"
        raise RefusedError(reason, "to a person: gt mail send overseer ..., or gt escalate TEXT")
    found = _bead(store, text) or _polecat(store, text)
    if found is None:
        raise UnknownThingError(f"nobody has the address {written!r}", _those_there_are(store))
    return found


def _bead(store: Store, text: str) -> Recipient | None:
    """Of a bead, or a session on one."""
    session = sessions.show(store, text)
    key = session["bead"] if session else text
    bead = beads.show(store, key)
    if bead is None:
        if hidden := parked.show(store, "bead", key):
            raise RefusedError(f"bead/{key} is parked: {hidden['why']}", hidden["hint"])
        return None
    if bead["state"] in beads.DONE:
        reason = f"{key} is {bead['state']}: nobody will work on it"
        raise RefusedError(reason, f"gt mail send overseer ..., or let it be worked on again: gt bead reopen {key}")
    return Recipient(bead_address(key), key)


def _polecat(store: Store, text: str) -> Recipient | None:
    rig, _, name = text.partition("/")
    name = name.removeprefix("polecats/")
    known = agents.at_address(store, f"{rig}/polecats/{name}")
    if known is None:
        return None
    if known["bead"]:
        bead = beads.show(store, known["bead"])
        if bead is not None and bead["state"] not in beads.DONE:
            return Recipient(bead_address(known["bead"]), known["bead"])
    return Recipient(polecat_address(rig, name))


def _those_there_are(store: Store) -> str:
    names = [row["address"] for row in agents.polecats(store)]
    more = " ..." if len(names) > 8 else ""
    return f"there are: {', '.join((OVERSEER, *names[:8]))}{more}, every bead (gt bead list), every session (gt agents)"


def own(call: Call) -> tuple[Address, ...]:
    """What is for the speaker. Raises UnknownThingError."""
    session = own_session(call)
    return mail.addresses_of(session) if session else (OVERSEER,)


def own_session(call: Call) -> Record | None:
    """None for a person. Raises UnknownThingError."""
    if not call.speaker.session:
        return None
    found = sessions.show(call.store, call.speaker.session)
    if found is None:
        raise UnknownThingError(f"no session {call.speaker.session!r}", "gt agents")
    return found


def answers_go_to(call: Call) -> Address:
    """For what the speaker says: whoever works on its bead, now or next."""
    session = own_session(call)
    return bead_address(session["bead"]) if session else OVERSEER
