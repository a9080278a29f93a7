"""What the Mayor can be told."""

from typing import TypeAlias

import msgspec

from gastown.actors.commands.abroad import AbroadCommand
from gastown.actors.commands.accounts import AccountCommand
from gastown.actors.commands.budget import BudgetCommand
from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.fitness import ReportAgentCheck
from gastown.actors.commands.gate import GateCommand
from gastown.actors.commands.membership import MembershipCommand
from gastown.actors.commands.places import ReportPlace
from gastown.actors.commands.policy import PolicyCommand
from gastown.events.bead import Charge
from gastown.events.gate import Settlement
from gastown.events.hold import Cause
from gastown.events.ids import (
    AgentName,
    BeadId,
    Commit,
    ConvoyId,
    PolecatName,
    RigName,
    SessionId,
    SubmissionId,
    TownName,
)
from gastown.events.kept import Text
from gastown.events.mail import MailId
from gastown.events.rig import RigConfig

MAYOR = Owner("mayor", "town")


class CreateBead(Command, tag="mayor.create_bead", frozen=True, kw_only=True):
    """The id is made of the content, `creator` and `created_ns` (nanoseconds since the epoch), as Beads makes it."""

    title: str
    description: Text = ""
    acceptance: Text = ""
    priority: int = 2
    issue_type: str = "task"
    rig: RigName = ""
    needs: tuple[BeadId, ...] = ()
    creator: str = ""
    created_ns: int = 0


class UpdateBead(Command, tag="mayor.update_bead", frozen=True, kw_only=True):
    """None: unchanged."""

    bead: BeadId
    title: str | None = None
    description: Text | None = None
    acceptance: Text | None = None
    priority: int | None = None
    issue_type: str | None = None
    assignee: str | None = None
    notes: Text | None = None
    add_needs: tuple[BeadId, ...] = ()
    remove_needs: tuple[BeadId, ...] = ()


class CloseBead(Command, tag="mayor.close_bead", frozen=True, kw_only=True):
    """session: the worker that asks, "" for a person. unlanded: commits of that session that are not submitted."""

    bead: BeadId
    reason: str = ""
    session: SessionId = ""
    unlanded: int = 0


class ReopenBead(Command, tag="mayor.reopen_bead", frozen=True, kw_only=True):
    bead: BeadId
    reason: str = ""


class SlingBeads(Command, tag="mayor.sling_beads", frozen=True, kw_only=True):
    """All or nothing. rig "": each bead's own. convoy: the id to use if a new one is needed; title for it.

    to: the towns to offer them to, one after the other; rig is then the one in them.
    """

    beads: tuple[BeadId, ...]
    rig: RigName = ""
    agent: AgentName = ""
    convoy: ConvoyId = ""
    to: tuple[TownName, ...] = ()


class UnslingBead(Command, tag="mayor.unsling_bead", frozen=True, kw_only=True):
    bead: BeadId
    reason: str = ""


class RetryBead(Command, tag="mayor.retry_bead", frozen=True, kw_only=True):
    bead: BeadId


class OpenConvoy(Command, tag="mayor.open_convoy", frozen=True, kw_only=True):
    convoy: ConvoyId
    title: str
    beads: tuple[BeadId, ...]


class ExtendConvoy(Command, tag="mayor.extend_convoy", frozen=True, kw_only=True):
    convoy: ConvoyId
    beads: tuple[BeadId, ...]


class AddRig(Command, tag="mayor.add_rig", frozen=True, kw_only=True):
    rig: RigName
    config: RigConfig


class ChangeRig(Command, tag="mayor.change_rig", frozen=True, kw_only=True):
    rig: RigName
    config: RigConfig


class RemoveRig(Command, tag="mayor.remove_rig", frozen=True, kw_only=True):
    rig: RigName


class PlaceHold(Command, tag="mayor.place_hold", frozen=True, kw_only=True):
    """Of one rig, or of the town (rig ""). hint: what lifts it.

    number: which pause of the Refinery's queue this reports, 0 from a person.
    """

    cause: Cause
    reason: str
    rig: RigName = ""
    hint: str = ""
    number: int = 0


class LiftHold(Command, tag="mayor.lift_hold", frozen=True, kw_only=True):
    """Of one rig, or of the town (rig "")."""

    cause: Cause
    rig: RigName = ""


class ReportDisk(Command, tag="mayor.report_disk", frozen=True, kw_only=True):
    """From the town's process: `free` bytes are left on the fullest disk that holds the town, at `path`."""

    free: int
    path: str


class MoveRig(Command, tag="mayor.move_rig", frozen=True, kw_only=True):
    """The town was restored, forked or adopted: see RigMoved. detach: it is to have no origin until it is given one.

    reason, hint: why it is held.
    """

    rig: RigName
    mark: str
    reason: str
    hint: str = ""
    detach: bool = False
    since: Commit = ""
    bare: bool = False


class FoundLanding(msgspec.Struct, frozen=True, kw_only=True):
    """One landing on the target, as its trailers tell. commit: what the worker made."""

    bead: BeadId
    submission: SubmissionId
    commit: Commit
    target_commit: Commit


class ReportLandings(Command, tag="mayor.report_landings", frozen=True, kw_only=True):
    """Every landing of this town's that the target holds beyond the last one known, oldest first."""

    rig: RigName
    found: tuple[FoundLanding, ...] = ()


class ChangeSetting(Command, tag="mayor.change_setting", frozen=True, kw_only=True):
    name: str
    value: int


class ChangeTextSetting(Command, tag="mayor.change_text_setting", frozen=True, kw_only=True):
    name: str
    text: str


class ReportStarted(Command, tag="mayor.report_started", frozen=True, kw_only=True):
    """From the session's Polecat: its process runs."""

    bead: BeadId
    session: SessionId
    polecat: PolecatName


class ReportAttempt(Command, tag="mayor.report_attempt", frozen=True, kw_only=True):
    """From the session's Polecat: it ended. submission: set when it ended in one, which the Refinery has by now.

    retry_at, barren: see SessionEnded. turn: the number of the turn it was in last, 0: it began none. last: what that
    came to, if it was told and not settled yet.
    """

    bead: BeadId
    session: SessionId
    outcome: str
    reason: str
    tail: str = ""
    submission: SubmissionId = ""
    commit: Commit = ""
    base: Commit = ""
    kept: str = ""
    retry_at: float | None = None
    barren: bool = False
    turn: int = 0
    last: Settlement | None = None


class ReportLanded(Command, tag="mayor.report_landed", frozen=True, kw_only=True):
    """From the Refinery."""

    bead: BeadId
    session: SessionId
    submission: SubmissionId
    commit: Commit
    target_commit: Commit


class ReportRefused(Command, tag="mayor.report_refused", frozen=True, kw_only=True):
    """From the Refinery: red, conflicting or withdrawn. outcome: which."""

    bead: BeadId
    session: SessionId
    submission: SubmissionId
    outcome: str
    charge: Charge
    reason: str
    tail: str
    commit: Commit
    base: Commit


class AddressBead(Command, tag="mayor.address_bead", frozen=True, kw_only=True):
    """From the Deacon: she keeps mail for whoever works on it, and wants to know who does, and when nobody will."""

    bead: BeadId
    mail: MailId


class SettleBeadMail(Command, tag="mayor.settle_bead_mail", frozen=True, kw_only=True):
    """From herself: the Deacon knows that it is done. mail: the last of which she knows that."""

    bead: BeadId
    mail: MailId


MayorCommand: TypeAlias = (
    CreateBead
    | UpdateBead
    | CloseBead
    | ReopenBead
    | SlingBeads
    | UnslingBead
    | RetryBead
    | OpenConvoy
    | ExtendConvoy
    | AddRig
    | ChangeRig
    | RemoveRig
    | PlaceHold
    | LiftHold
    | ReportDisk
    | MoveRig
    | ReportLandings
    | ReportAgentCheck
    | ChangeSetting
    | ChangeTextSetting
    | ReportStarted
    | ReportAttempt
    | ReportLanded
    | ReportRefused
    | GateCommand
    | AddressBead
    | SettleBeadMail
    | PolicyCommand
    | ReportPlace
    | BudgetCommand
    | AccountCommand
    | MembershipCommand
    | AbroadCommand
)
