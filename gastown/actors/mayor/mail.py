"""Rules about mail to a bead: the Mayor knows who works on it, the Deacon keeps the mail.

- A bead that mail was sent to tells the Deacon which session works on it, whenever one does, and when it is done.
"""

from collections.abc import Iterator

import msgspec

from gastown.actors.commands.deacon import DEACON
from gastown.actors.commands.mail import AttendMail, ReportBeadDone
from gastown.actors.commands.mayor import AddressBead, SettleBeadMail
from gastown.actors.effects import Effect, Message, Tell
from gastown.actors.kernel.role import Change, Decision
from gastown.actors.mayor.phases import Closed, Landed, Working
from gastown.actors.mayor.state import Bead, Mayor
from gastown.events import bead
from gastown.events.ids import BeadId, Entity
from gastown.events.mail import bead_address


def address_bead(state: Mayor, command: AddressBead) -> Decision:
    """Mail to a bead that is gone (a log of another town) is kept as long as it takes."""
    one = state.beads.get(command.bead)
    if one is None or command.mail in one.mails:
        return ()
    return (Change(Entity(bead.KIND, command.bead), bead.BeadAddressed(mail=command.mail)),)


def settle_bead_mail(state: Mayor, command: SettleBeadMail) -> Decision:
    one = state.beads[command.bead]
    if one.mails[-1:] != (command.mail,):
        return ()
    return (Change(Entity(bead.KIND, command.bead), bead.BeadMailSettled()),)


def addressed(one: Bead, event: bead.BeadAddressed | bead.BeadMailSettled) -> Bead:
    mails = (*one.mails, event.mail) if isinstance(event, bead.BeadAddressed) else ()
    return msgspec.structs.replace(one, mails=mails)


def due(key: BeadId, one: Bead) -> Iterator[Effect]:
    """Nothing for a bead without mail."""
    if not one.mails:
        return
    about, last = Entity(bead.KIND, key), one.mails[-1]
    match one.phase:
        case Working(session=session, started=True, withdrawn=""):
            attend = AttendMail(session=session, address=bead_address(key))
            yield Tell(key=f"tell:attend:{session}:{last}", about=about, messages=(Message(DEACON, attend),))
        case Landed() | Closed():
            how = "has landed" if isinstance(one.phase, Landed) else "was closed"
            done = ReportBeadDone(bead=key, how=how)
            yield Tell(
                key=f"tell:done:{key}:{last}",
                about=about,
                messages=(Message(DEACON, done),),
                then=SettleBeadMail(bead=key, mail=last),
            )
        case _:
            pass
