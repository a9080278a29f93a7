"""Rigs: git projects the town works on. Owner: the Mayor."""

from typing import Literal, TypeAlias

import msgspec

from gastown.events.fact import Fact

KIND = "rig"

LandMode: TypeAlias = Literal["push", "branch", "hold"]


class Gate(msgspec.Struct, frozen=True, kw_only=True):
    """`sh -c command` at the root of the candidate: 0 passes, 126, 127, a signal or the time limit broke, else red."""

    name: str
    command: str
    timeout: float = 1800.0  # seconds


class RigConfig(msgspec.Struct, frozen=True, kw_only=True):
    """All that a rig is.

    origin: what git fetches from and pushes to. target: the branch work is based on. landing: the branch that what is
    proven lands on; equals target, but `gt/<target>` where the origin is somebody's checkout without a remote.
    transport: git configuration taken over from the user (credentials, ssh command, proxy, insteadOf), key to values.
    identity: name and e-mail of the commits. copy_from: the folder that `copy` patterns are resolved in.
    """

    origin: str
    target: str
    landing: str
    prefix: str
    gates: tuple[Gate, ...] = ()
    setup: str = ""
    setup_timeout: float = 900.0
    copy: tuple[str, ...] = ()
    copy_from: str = ""
    land: LandMode = "push"
    filter: str = ""
    sparse: tuple[str, ...] = ()
    transport: tuple[tuple[str, str], ...] = ()
    identity: tuple[str, str] = ("", "")
    ssh_command: str = ""


class RigAdded(Fact, tag="rig.added", frozen=True, kw_only=True):
    config: RigConfig


class RigChanged(Fact, tag="rig.changed", frozen=True, kw_only=True):
    config: RigConfig


class RigRemoved(Fact, tag="rig.removed", frozen=True, kw_only=True):
    pass


class RigPaused(Fact, tag="rig.paused", frozen=True, kw_only=True):
    """No new work starts and nothing lands until it is resumed. hint: what mends it.

    number: which pause of the Refinery's queue this answers, 0 when a person or the Mayor paused it.
    """

    reason: str
    hint: str = ""
    number: int = 0


class RigResumed(Fact, tag="rig.resumed", frozen=True, kw_only=True):
    pass


RigEvent: TypeAlias = RigAdded | RigChanged | RigRemoved | RigPaused | RigResumed
