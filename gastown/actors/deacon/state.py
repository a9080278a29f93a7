"""What the Deacon remembers."""

import msgspec
from immutables import Map

from gastown.events import host, town
from gastown.events.ids import Entity, SessionId
from gastown.events.mail import Address, MailId, MailSent

TOWN = Entity(town.KIND, "town")
HOST = Entity(host.KIND, "host")


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds it. host "", epoch 0: nobody yet. silent: it has run out."""

    host: str = ""
    epoch: int = 0
    silent: bool = False


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """It waits. session: which is to tell it to its agent, "" while none is at work for it."""

    sent: MailSent
    session: SessionId = ""


class Deacon(msgspec.Struct, frozen=True, kw_only=True):
    """hosts: every one that ever held the lease. raised: every escalation ever, True while it is open.

    acked: those of the open ones that a person cares for. askers: whom the decision is written to, of those that asked.

    mails: those nobody has yet. senders: how many of them each has sent. name: of the town. heard: of
    the log of each incarnation of another town, up to which position its letters were heard.
    """

    name: str = ""
    installed: bool = False
    wanted: str = ""
    lease: Lease = Lease()
    hosts: Map[str, int] = Map()
    raised: Map[str, bool] = Map()
    acked: Map[str, None] = Map()
    askers: Map[str, Address] = Map()
    mails: Map[MailId, Mail] = Map()
    senders: Map[str, int] = Map()
    heard: Map[str, int] = Map()
