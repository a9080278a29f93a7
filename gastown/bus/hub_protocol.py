"""What towns and their hub say to each other, besides the logs that it copies: requests and their answers, as JSON.

Subjects: `join.hub` (from whoever has an invitation), `ask.hub.<town>.<question>` (from that town: the hub's server
lets nobody else publish there).
"""

import hashlib
from typing import Any, TypeAlias

import msgspec

from gastown.events.hub_member import Former, Gone

PROTOCOL = 1
"""Of these messages and of what towns hear of each other. Towns and hubs of different ones do not join."""

HUB = "hub"
"""The hub's JetStream domain: no town may be called so."""


def question_subject(town: str, question: str) -> str:
    return f"ask.hub.{town}.{question}"


JOIN_SUBJECT = "join.hub"


class Join(msgspec.Struct, frozen=True, kw_only=True, tag="join"):
    """May this town be a member? -> Joined. key: the public nkey whose seed stays with the town.

    Asked again with the same invitation and the same key, it gets the same answer. epoch, lineage: see MemberJoined.
    """

    invitation: str
    secret: str
    town: str
    incarnation: str
    key: str
    protocol: int = PROTOCOL
    epoch: int = 0
    lineage: str = ""


class Joined(msgspec.Struct, frozen=True, kw_only=True):
    """leaf_urls: where the town's server is to connect, as a leaf. ca: PEM. epoch: how often the name's town was
    replaced by another that goes on with its log. join_urls: where it asks when it is not let in any more."""

    hub: str
    leaf_urls: tuple[str, ...]
    ca: str
    epoch: int
    join_urls: tuple[str, ...] = ()


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag="hello"):
    """I am here, and this is my log: copy it -> Welcome. Said after every connection to the hub."""

    incarnation: str
    stream: str
    last: int
    protocol: int = PROTOCOL


class Welcome(msgspec.Struct, frozen=True, kw_only=True):
    """fenced_by: the epoch of the town that goes on in this one's place, 0 while this one is the town.

    adopted_at: the position of its log up to which that one knows it. register: the digest of the hub's register.
    """

    hub: str
    epoch: int
    fenced_by: int = 0
    adopted_at: int = 0
    register: str = ""


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What the hub has decided about a name. key: public. after: see Copied. number: of the decisions about it.

    quota: see MemberAllotted; 0: as all have.
    """

    town: str
    incarnation: str
    key: str
    epoch: int
    number: int
    after: int = 0
    formers: tuple[Former, ...] = ()
    gone: Gone = ""
    lineage: str = ""
    quota: int = 0


class Sealed(msgspec.Struct, frozen=True):
    """A Record as JSON, and what only the hub can make of that: towns keep it, and cannot change it."""

    record: str
    seal: str


def register_digest(register: tuple[Sealed, ...]) -> str:
    """Of another register it is another."""
    return hashlib.sha256("".join(one.seal for one in register).encode()).hexdigest()


class SwapRegister(msgspec.Struct, frozen=True, kw_only=True, tag="register"):
    """This is the register as you told it last; how is it now? -> tuple of Sealed.

    A hub that has lost its log, or a part of it, goes on with what its towns have kept.
    """

    known: tuple[Sealed, ...] = ()


class Return(msgspec.Struct, frozen=True, kw_only=True, tag="return"):
    """Asked at the door, as Join is: I am a member, and am not let in -> Welcome. known: see SwapRegister."""

    town: str
    incarnation: str
    known: tuple[Sealed, ...]


AWAY = 60.0
"""Seconds that a town must not have been seen before another may go on in its place without force."""


class AskTowns(msgspec.Struct, frozen=True, kw_only=True, tag="towns"):
    """Who is there? -> list of Member."""


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """A town as the hub sees it. stream: of which the hub has a copy, "" while it never said hello.

    position: of the copy's last message, written at `last_at`. lag: messages that the copy is known to lack.
    size: bytes of the copy. limit: bytes that it may take, 0: any number. full: it stands still at that.
    connected: its server is there now. seen: when it last was. Times: seconds since the epoch, by the hub's clock
    (`last_at`: by that of the town's server); it was `told` when the hub said so. See `by_clock_of`.

    quiet: seconds that it was not there, as far as the hub looked without a gap: by no clock, so it can be relied on.
    gone: it left or was revoked, and its copy stays. formers: towns in whose place it goes on, and which are fenced.
    heir_of: the incarnation of the last of those, as long as the hub has not all that it took over from that in a copy
    of its own: should it be lost, too, one goes on from that one's log. "" for any other.
    """

    name: str
    incarnation: str
    epoch: int
    stream: str = ""
    position: int = 0
    last_at: float = 0.0
    lag: int = 0
    size: int = 0
    limit: int = 0
    full: bool = False
    connected: bool = False
    seen: float = 0.0
    quiet: float = 0.0
    gone: Gone = ""
    formers: int = 0
    heir_of: str = ""
    told: float = 0.0


def by_clock_of(asker: float, member: Member) -> Member:
    """What the hub has just said of it, with times by the clock of who asked, where it is `asker`: clocks are apart."""
    if not member.told:
        return member
    ahead = asker - member.told
    seen, last_at = (min(at + ahead, asker) if at else 0.0 for at in (member.seen, member.last_at))
    return msgspec.structs.replace(member, seen=seen, last_at=last_at, told=asker)


def news_subject(town: str) -> str:
    """What a town asks its hub all the time (AskNews -> News). Deeper than other questions: something else answers."""
    return f"ask.hub.{town}.news.next"


class AskNews(msgspec.Struct, frozen=True, kw_only=True):
    """Is there anything for me that I was not told of? -> News, as soon as there is, or after a few seconds.

    of, count: as in the last answer, "" and 0 when there was none.
    """

    of: str = ""
    count: int = 0


class News(msgspec.Struct, frozen=True, kw_only=True):
    """streams: the logs that have said something to the town since `count` of the question, and where the last such
    message is. everything: there may be something in any log, and `streams` are all there are: `of` is another than
    in the question, since whoever counts has begun anew.
    """

    of: str
    count: int
    streams: dict[str, int] = {}
    everything: bool = False


class AskLeave(msgspec.Struct, frozen=True, kw_only=True, tag="leave"):
    """I am no member any more -> nothing. The copy of its log stays."""


class AskAdoption(msgspec.Struct, frozen=True, kw_only=True, tag="adopt"):
    """A new incarnation goes on with the log of `town`, up to `position` -> Joined. key: its public nkey.

    of: the incarnation of that town: of two that ask, one goes on in its place. force: although it was there a moment
    ago.
    """

    town: str
    incarnation: str
    key: str
    position: int
    of: str = ""
    force: bool = False


Question: TypeAlias = Join | Return | Hello | SwapRegister | AskTowns | AskLeave | AskAdoption


class HubReply(msgspec.Struct, frozen=True, kw_only=True):
    """data: the answer, None where it is an error: code (as exit codes name them), message, hint."""

    ok: bool
    data: Any = None
    code: str = ""
    message: str = ""
    hint: str = ""
