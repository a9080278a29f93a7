"""What the Mayor remembers of an account, and how events change it.

- well: whoever works under it may ask its API. An account nothing was heard of is well.
- resting: until a time its API gives it nothing.
- rested: that time has come, or a person has seen to its login: one turn may go first.
- tried: that one is under way, and all others wait.
- shut: it wants a login. parked: its story cannot be read.
"""

from typing import Literal, TypeAlias, assert_never

import msgspec

from gastown.events.account import (
    AccountAdded,
    AccountChanged,
    AccountEvent,
    AccountFreed,
    AccountOpened,
    AccountRemoved,
    AccountRested,
    AccountShut,
    AccountSpec,
    AccountThrottled,
    AccountTried,
)
from gastown.events.ids import SessionId

Standing: TypeAlias = Literal["well", "resting", "rested", "tried", "shut", "parked"]


class Account(msgspec.Struct, frozen=True, kw_only=True):
    """spec: None for one that was never added, or was removed. until: see AccountThrottled, of the last time.

    tried: by which session. wait: the last, 0 once its API has given it something since. retries: whose program tries
    again by itself then. shuts: how often it was shut; locked_out: by whose turn, the last time.
    """

    spec: AccountSpec | None = None
    standing: Standing = "well"
    until: float = 0.0
    wait: float = 0.0
    reason: str = ""
    tried: SessionId = ""
    retries: SessionId = ""
    shuts: int = 0
    locked_out: SessionId = ""


def evolve_account(one: Account, event: AccountEvent) -> Account:
    replace = msgspec.structs.replace
    match event:
        case AccountAdded(spec=spec) | AccountChanged(spec=spec):
            return replace(one, spec=spec)
        case AccountRemoved():
            return Account(shuts=one.shuts)
        case AccountThrottled(until=until, wait=wait, reason=reason):
            retries = event.session if event.retries else ""
            return replace(one, standing="resting", until=until, wait=wait, reason=reason, tried="", retries=retries)
        case AccountRested():
            return replace(one, standing="rested", tried="", retries="")
        case AccountOpened():
            return replace(one, standing="rested", until=0.0, wait=0.0, tried="", retries="")
        case AccountTried(session=session):
            return replace(one, standing="tried", tried=session, retries="")
        case AccountFreed():
            return replace(one, standing="well", wait=0.0, reason="", tried="")
        case AccountShut(reason=reason, session=session):
            shuts = one.shuts + 1
            return replace(one, standing="shut", reason=reason, tried="", shuts=shuts, locked_out=session)
        case _:
            assert_never(event)
