"""Rigs: git projects the town works on. Owner: the Mayor."""

from typing import Literal, TypeAlias

import msgspec

from gastown.events.agent import SandboxName
from gastown.events.fact import Fact
from gastown.events.hold import HoldLifted, HoldPlaced
from gastown.events.ids import AgentName, BeadId, Commit

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
    sandbox: what holds its workers; "": as each agent is set.
    identity: name and e-mail of the commits. copy_from: the folder that `copy` patterns are resolved in.
    agent: who works on it where none is named, "" for the town's.
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
    sandbox: SandboxName = ""
    agent: AgentName = ""


class RigAdded(Fact, tag="rig.added", frozen=True, kw_only=True):
    config: RigConfig


class RigChanged(Fact, tag="rig.changed", frozen=True, kw_only=True):
    config: RigConfig


class RigRemoved(Fact, tag="rig.removed", frozen=True, kw_only=True):
    pass


class RigHeld(HoldPlaced, tag="rig.held", frozen=True, kw_only=True):
    """This rig alone."""


class RigFreed(HoldLifted, tag="rig.freed", frozen=True, kw_only=True):
    """Of this hold of its own."""


class RigMoved(Fact, tag="rig.moved", frozen=True, kw_only=True):
    """The town goes on elsewhere than its log was written. mark: part of the name of every session from now on, since
    others may have been opened which the log does not know. since: the last landing that it knows, "" for none.
    bare: no commit came along but what is at the origin.
    """

    mark: str
    since: Commit = ""
    bare: bool = False


class LandingsFound(Fact, tag="rig.landings_found", frozen=True, kw_only=True):
    """The target was searched for landings unknown to the log. beads: those that turned out to have landed."""

    beads: tuple[BeadId, ...] = ()


RigEvent: TypeAlias = RigAdded | RigChanged | RigRemoved | RigHeld | RigFreed | RigMoved | LandingsFound
