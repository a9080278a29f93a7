"""The gate that every turn of an agent passes: what was let through, and what it came to. Owner: the Mayor.

The first turn of a session is let through by BeadAssigned.
"""

from typing import TypeAlias

import msgspec

from gastown.events.fact import Fact
from gastown.events.ids import SessionId
from gastown.events.session import Outcome
from gastown.events.turn import FailureKind, Usage


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """What a turn came to. at: when it ended; retry_at: when its agent may be tried again; seconds since the epoch.
    named: its API has said so, and nobody under its account is to ask it before.

    usage: None where its vendor does not tell. model: as its program names it, "" where it does not. reason: of a
    failure, in words.
    """

    number: int
    at: float
    usage: Usage | None = None
    model: str = ""
    failure: FailureKind | None = None
    reason: str = ""
    retry_at: float | None = None
    named: bool = False


class TurnPermitted(Fact, tag="bead.turn_permitted", frozen=True, kw_only=True):
    """Its session's agent may begin the turn of this number. reserved: USD that it is expected to come to."""

    session: SessionId
    number: int
    reserved: float = 0.0


class TurnPostponed(Fact, tag="bead.turn_postponed", frozen=True, kw_only=True):
    """Its session's agent waits until its account is given something; then the turn is permitted, or refused."""

    session: SessionId
    number: int


class TurnRefused(Fact, tag="bead.turn_refused", frozen=True, kw_only=True):
    """The session is to end as `outcome` instead. retry_at: see Settlement."""

    session: SessionId
    number: int
    outcome: Outcome
    reason: str
    retry_at: float | None = None


class TurnSettled(Fact, tag="bead.turn_settled", frozen=True, kw_only=True):
    """What was reserved for the turn is free again. cost: USD that it counts for.

    estimated: nobody told what it used, or what that costs; it counts as what was reserved. last: its session is over.
    """

    session: SessionId
    number: int
    at: float = 0.0
    cost: float = 0.0
    estimated: bool = False
    last: bool = False


GateEvent: TypeAlias = TurnPermitted | TurnPostponed | TurnRefused | TurnSettled
