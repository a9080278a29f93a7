"""What the Deacon remembers."""

from typing import Literal

import msgspec
from immutables import Map

from gastown.events import town
from gastown.events.adoption import Outcome
from gastown.events.ids import Entity, HostName, SessionId, TownName
from gastown.events.mail import Address, MailId, MailSent
from gastown.events.place import Standing

TOWN = Entity(town.KIND, "town")


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds it. host "", epoch 0: nobody yet. silent: it has run out. closing: its holder is being taken down.

    over: its holder is not heard any more.
    """

    host: str = ""
    epoch: int = 0
    silent: bool = False
    closing: bool = False
    over: bool = False


class Outer(msgspec.Struct, frozen=True, kw_only=True):
    """A host on another machine. invitation, digest, expires, most: of the last that was given. used: it came with it.

    key: with which it is let in, "" while it is not. slots: how many sessions it takes. standing: None before it ever
    came; changes: how often that has changed.
    """

    invitation: str = ""
    digest: str = ""
    expires: float = 0.0
    most: int = 0
    used: bool = False
    key: str = ""
    slots: int = 0
    standing: Standing | None = None
    changes: int = 0

    @property
    def is_invited(self) -> bool:
        return self.invitation != "" and not self.used


class Adoption(msgspec.Struct, frozen=True, kw_only=True):
    """Of a lost town. quiet: seconds that nobody saw it. number: of the attempt. outcome: "" while it is under way."""

    town: TownName = ""
    quiet: float = 0.0
    number: int
    outcome: Outcome | Literal[""] = ""


class Mail(msgspec.Struct, frozen=True, kw_only=True):
    """It waits. session: which is to tell it to its agent, "" while none is at work for it."""

    sent: MailSent
    session: SessionId = ""


class Deacon(msgspec.Struct, frozen=True, kw_only=True):
    """leases: of the hosts, by their names. hosts: every process that ever held one. outer: those on other machines.

    raised: every escalation ever, True while it is open. acked: those of the open ones that a person cares for.
    askers: whom the decision is written to, of those that asked. mails: those nobody has yet. senders: how many of them
    each has sent. name: of the town. heard: of the log of each incarnation of another town, up to which position its
    letters were heard. adoptions: of lost towns, by their incarnations.
    """

    name: str = ""
    installed: bool = False
    wanted: str = ""
    leases: Map[HostName, Lease] = Map()
    hosts: Map[str, int] = Map()
    outer: Map[HostName, Outer] = Map()
    raised: Map[str, bool] = Map()
    acked: Map[str, None] = Map()
    askers: Map[str, Address] = Map()
    mails: Map[MailId, Mail] = Map()
    senders: Map[str, int] = Map()
    heard: Map[str, int] = Map()
    adoptions: Map[str, Adoption] = Map()

    def lease(self, name: HostName) -> Lease:
        return self.leases.get(name, Lease())
