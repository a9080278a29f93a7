"""What a bead may be in: one frozen struct a phase."""

from typing import TypeAlias

import msgspec

from gastown.events.handover import Parcel
from gastown.events.ids import AccountName, AgentName, Commit, HostName, RigName, SessionId, SubmissionId, TownName


class Coming(msgspec.Struct, frozen=True, kw_only=True):
    """Commits that come along with a bead, under this epoch, and are still to be fetched. See FetchCommits."""

    epoch: int
    town: TownName
    incarnation: str
    name: str
    commit: Commit


class Open(msgspec.Struct, tag=True, frozen=True):
    """Nobody was told to work on it. nowhere: why no other town took it, "" if none was asked."""

    nowhere: str = ""


class Slung(msgspec.Struct, tag=True, frozen=True):
    """Waits for its needs, and for a place or, where it is to go to another town, to be offered to the first of `to`.

    there: the rig in those. tried: what became of it in the towns before them, in words.
    """

    to: tuple[TownName, ...] = ()
    there: RigName = ""
    tried: tuple[str, ...] = ()


class Offered(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """To another town, whose answer it waits for. until: see HandoverOffered. rest: the towns to ask after that."""

    to: TownName
    epoch: int
    until: float
    rest: tuple[TownName, ...]
    there: RigName
    tried: tuple[str, ...]
    parcel: Parcel


class Away(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Another town has it. reports: heard from there; stuck: what the last one said."""

    town: TownName
    epoch: int
    reports: int = 0
    stuck: str = ""


class Working(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Has a place. withdrawn: why its session is to end without a result, "" while it is wanted.

    handed_to: who is to go on with it after this session, "": nobody else. cut_off: the host of its session is gone.
    """

    session: SessionId
    agent: AgentName
    account: AccountName = ""
    started: bool = False
    withdrawn: str = ""
    handed_to: AgentName = ""
    host: HostName = ""
    cut_off: bool = False


class Submitted(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """With the Refinery."""

    session: SessionId
    submission: SubmissionId
    withdrawn: str = ""


class Blocked(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Only a person can move it. number: how many times it has been blocked."""

    reason: str
    escalated: bool
    number: int


class Landed(msgspec.Struct, tag=True, frozen=True):
    """Its commits are on the target. submission: another one of it that is still under way and must be withdrawn."""

    submission: SubmissionId = ""


class Closed(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Done without code. session, submission: what is still under way and must be ended, "" for nothing.

    by_worker: that session has closed it itself. cut_off: the host of that session is gone.
    """

    session: SessionId = ""
    submission: SubmissionId = ""
    by_worker: bool = False
    host: HostName = ""
    cut_off: bool = False


class Parked(msgspec.Struct, tag=True, frozen=True):
    """Its story holds what this version cannot read: whatever it is, it is not believed."""


Phase: TypeAlias = Open | Slung | Offered | Away | Working | Submitted | Blocked | Landed | Closed | Parked
