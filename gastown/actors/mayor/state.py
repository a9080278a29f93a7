"""What the Mayor remembers."""

from typing import TypeVar

import msgspec
from immutables import Map

from gastown.actors.mayor.account import Account
from gastown.actors.mayor.phases import Closed, Coming, Landed, Offered, Open, Parked, Phase, Slung, Submitted, Working
from gastown.events import settings
from gastown.events.agent import AgentSpec
from gastown.events.budget import BudgetReached, Scope
from gastown.events.gate import TurnRefused
from gastown.events.hold import Cause, Depth, deepest
from gastown.events.ids import (
    AccountName,
    AgentName,
    BeadId,
    Commit,
    ConvoyId,
    HostName,
    RigName,
    SessionId,
    SubmissionId,
    TownName,
)
from gastown.events.mail import MailId
from gastown.events.place import Standing as PlaceStanding
from gastown.events.policy import Policy
from gastown.events.rig import RigConfig
from gastown.events.session import Earlier
from gastown.events.watch import Standing

T = TypeVar("T")


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """A town that handed the bead over, and is told how it stands here. reports, stuck: told so far, and the last."""

    town: TownName
    epoch: int
    reports: int = 0
    stuck: str = ""


class Bead(msgspec.Struct, frozen=True, kw_only=True):
    """age: how many beads were created before it. sessions: how many were ever opened for it. landings: each one's
    submission; more than one where it was reopened. mails: that were sent to whoever works on it. spent: USD that its
    turns came to. epoch: of the last offer of it that was made here, or that it came here by. origins: who waits for
    word of it. luggage: the commits that came along with it, the last time that it came.
    """

    title: str
    priority: int
    age: int
    rig: RigName
    needs: tuple[BeadId, ...] = ()
    convoys: tuple[ConvoyId, ...] = ()
    agent: AgentName = ""
    sessions: int = 0
    failed_runs: int = 0
    red_gates: int = 0
    conflicts: int = 0
    barren: int = 0
    blocks: int = 0
    earlier: Earlier | None = None
    landings: tuple[SubmissionId, ...] = ()
    mails: tuple[MailId, ...] = ()
    spent: float = 0.0
    epoch: int = 0
    origins: tuple[Origin, ...] = ()
    luggage: Coming | None = None
    phase: Phase = Open()


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """The last one that a session was let begin, or was refused. reserved: USD; None once it is settled.

    late: its bead is with the Refinery, and what it came to is still to be told. account: under which it is.
    waits: the number of the one that it waits for, 0 for none.
    """

    bead: BeadId
    agent: AgentName
    account: AccountName = ""
    waits: int = 0
    number: int
    reserved: float | None = None
    refused: TurnRefused | None = None
    late: bool = False


class Convoy(msgspec.Struct, frozen=True, kw_only=True):
    beads: tuple[BeadId, ...]
    done: bool = False


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    depth: Depth
    reason: str
    hint: str


class Holds(msgspec.Struct, frozen=True, kw_only=True):
    """Of the town or a rig. now: those in place. placed: how often each was, counted from being free."""

    now: Map[Cause, Hold] = Map()
    placed: Map[Cause, int] = Map()

    def depth(self) -> Depth | None:
        """None: not held."""
        return deepest(hold.depth for hold in self.now.values())


class Rig(msgspec.Struct, frozen=True, kw_only=True):
    """queue_pause: of the Refinery, the last that was answered; queue_resumed: the last that a person resumed.

    broke: sessions in a row that could not be set up or started. mark, since, bare: see RigMoved. spent: USD, on its
    beads.
    """

    config: RigConfig
    holds: Holds = Holds()
    queue_pause: int = 0
    queue_resumed: int = 0
    broke: int = 0
    removed: bool = False
    mark: str = ""
    since: Commit = ""
    bare: bool = False
    spent: float = 0.0


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """USD. since: what had been spent when it was set, which does not count."""

    amount: float
    since: float = 0.0


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """USD. lately: what the last turns of an agent came to. today: days since the epoch, as far as it is known.

    wants: of the budgets for which something waits that only a person lets go on; wanted: how often each had one.
    """

    budgets: Map[Scope, Budget] = Map()
    spent: float = 0.0
    today: int = 0
    spent_today: float = 0.0
    lately: Map[AgentName, tuple[float, ...]] = Map()
    wants: Map[Scope, BudgetReached] = Map()
    wanted: Map[Scope, int] = Map()


class Fitness(msgspec.Struct, frozen=True, kw_only=True):
    """Of an agent. found: how often it was found unfit. reason: why it is now, "" when it is fit."""

    found: int = 0
    reason: str = ""


class Membership(msgspec.Struct, frozen=True, kw_only=True):
    """Of a hub, "" while the town is on its own. name, epoch: see TownJoined; who leaves keeps its epoch."""

    hub: str = ""
    name: str = ""
    epoch: int = 0


class Watch(msgspec.Struct, frozen=True, kw_only=True):
    """On a bead of another town. number: of the last answer, 0 for none yet. unknown: how often there was no such.
    behind: see WatchAnswered. ring: see RingSeen; rings: how often there was one.
    """

    number: int = 0
    standing: Standing = "open"
    unknown: int = 0
    behind: tuple[BeadId, ...] = ()
    ring: BeadId = ""
    rings: int = 0


class Watcher(msgspec.Struct, frozen=True, kw_only=True):
    """A town that wants to know of a bead here, and what it was told last."""

    town: TownName
    number: int
    standing: Standing
    behind: tuple[BeadId, ...] = ()


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """A machine on which sessions may run. number: of the last change; slots: how many it takes.

    unable: "rig/NAME" and "agent/NAME" of what it cannot set up, or what is not fit there, as it has shown under this
    epoch.
    """

    number: int = 0
    epoch: int = 0
    unable: frozenset[str] = frozenset()
    standing: PlaceStanding = "silent"
    slots: int = 0


class Mayor(msgspec.Struct, frozen=True, kw_only=True):
    """slung, active, owing: the beads that are Slung, to be worked on here; Working or Submitted; or for which
    something is still to be told (blocked ones, closed ones with work under way, raised escalations). dependents: who
    needs a bead. outbound: the beads that are Slung to other towns, or Offered. coming: what of guests is not here yet.

    offers: the epoch of the last that was answered, by the entity. watches: by the bead; watched: the own ones.

    accounts: those of which anything was heard. turns: of the sessions that are not over. holds: of the town.
    hold_changes: how often a hold of the town or of a rig was placed or lifted. policies: by their ids.
    places: beside the town's own machine.
    """

    beads: Map[BeadId, Bead] = Map()
    convoys: Map[ConvoyId, Convoy] = Map()
    rigs: Map[RigName, Rig] = Map()
    agents: Map[AgentName, AgentSpec] = Map()
    default_agent: AgentName = ""
    settings: Map[str, int] = Map()
    texts: Map[str, str] = Map()
    dependents: Map[BeadId, tuple[BeadId, ...]] = Map()
    slung: Map[BeadId, None] = Map()
    active: Map[BeadId, None] = Map()
    owing: Map[BeadId, None] = Map()
    outbound: Map[BeadId, None] = Map()
    coming: Map[BeadId, Coming] = Map()
    offers: Map[str, int] = Map()
    watches: Map[BeadId, Watch] = Map()
    watched: Map[BeadId, tuple[Watcher, ...]] = Map()
    prefixes: Map[str, int] = Map()
    parked_agents: frozenset[AgentName] = frozenset()
    accounts: Map[AccountName, Account] = Map()
    fitness: Map[AgentName, Fitness] = Map()
    turns: Map[SessionId, Turn] = Map()
    money: Money = Money()
    holds: Holds = Holds()
    hold_changes: int = 0
    policies: Map[str, Policy] = Map()
    membership: Membership = Membership()
    places: Map[HostName, Place] = Map()

    def setting(self, name: str) -> int:
        return self.settings.get(name, settings.DEFAULTS[name])

    def text(self, name: str) -> str:
        """Of a setting that is one."""
        return self.texts.get(name, settings.TEXTS[name])

    def account(self, name: AccountName) -> Account:
        return self.accounts.get(name, Account())

    def depth(self, rig: RigName) -> Depth | None:
        """How deep the work of this rig is held, by a hold of its own or of the town; None: not at all."""
        return deepest(depth for holds in (self.holds, self.rigs[rig].holds) if (depth := holds.depth()))


def is_done(one: Bead | None) -> bool:
    """Landed, or closed without code. An unknown bead is not done."""
    return one is not None and isinstance(one.phase, Landed | Closed)


def with_bead(state: Mayor, bead_id: BeadId, one: Bead) -> Mayor:
    """The state with this bead, and the indexes that follow from its phase."""
    return msgspec.structs.replace(
        state,
        beads=state.beads.set(bead_id, one),
        slung=_member(state.slung, bead_id, isinstance(one.phase, Slung) and not one.phase.to),
        outbound=_member(state.outbound, bead_id, isinstance(one.phase, Offered) or _is_slung_away(one)),
        active=_member(state.active, bead_id, isinstance(one.phase, Working | Submitted)),
        owing=_member(state.owing, bead_id, _owes(one)),
    )


def _is_slung_away(one: Bead) -> bool:
    return isinstance(one.phase, Slung) and bool(one.phase.to)


def _owes(one: Bead) -> bool:
    match one.phase:
        case Closed(session=session, submission=submission) if session or submission:
            return True
        case Landed(submission=submission) if submission:
            return True
        case Closed() | Landed() if one.mails:
            return True
        case Parked():
            return False
        case _:
            return one.blocks > 0


def _member(index: Map[T, None], key: T, belongs: bool) -> Map[T, None]:
    if belongs:
        return index if key in index else index.set(key, None)
    return index.delete(key) if key in index else index
