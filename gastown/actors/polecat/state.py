"""What a Polecat remembers: one frozen struct a phase."""

from typing import TypeAlias

import msgspec

from gastown.events import session
from gastown.events.ids import Entity, SessionId
from gastown.events.session import Outcome, SessionEnded, SessionOpened, StopRequested


class Unopened(msgspec.Struct, tag=True, frozen=True):
    session: SessionId


class Live(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """Opened and not ended. end: what it is to end as and why, once that is decided. by_worker: by its own worker."""

    opened: SessionOpened
    session: SessionId
    started: bool = False
    end: tuple[Outcome, str] | None = None
    by_worker: bool = False


class Ended(msgspec.Struct, tag=True, frozen=True, kw_only=True):
    """opened: None when it was stopped before it was opened; then `stopped` says whose it was."""

    session: SessionId
    ended: SessionEnded
    opened: SessionOpened | None
    stopped: StopRequested | None = None


class Settled(msgspec.Struct, tag=True, frozen=True):
    session: SessionId


Polecat: TypeAlias = Unopened | Live | Ended | Settled


def entity(state: Polecat) -> Entity:
    return Entity(session.KIND, state.session)
