"""Mayors of several towns, each with its log, and what they hear of each other: in order, at least once, some time."""

from typing import Any

from gastown.actors.commands import mayor as told
from gastown.actors.commands.abroad import HearHandover, HearWatch, OfferBead
from gastown.actors.commands.command import Command
from gastown.actors.commands.membership import JoinHub
from gastown.actors.effects import PackParcel, RemindAt
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.state import Mayor
from gastown.events import agent, bead, handover, rig, watch
from gastown.events.fact import Fact
from gastown.events.handover import Parcel
from gastown.events.ids import Entity

CONFIG = rig.RigConfig(origin="/o", target="main", landing="main", prefix="ap")
SHELL = agent.AgentSpec(name="sh", vendor="shell", command="true")
NOW = 1_700_000_000.0


class OneTown:
    """A member of the hub, with rig app and agent sh. luggage: under which name commits go along with its beads."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.state: Mayor = ROLE.initial(told.MAYOR)
        self.log: list[Change] = []
        self.luggage = ""
        self.happened("agent/sh", agent.AgentAdded(spec=SHELL))
        self.happened("rig/app", rig.RigAdded(config=CONFIG))
        self.tell(JoinHub(hub="hub", name=name))

    def happened(self, entity: str, fact: Fact) -> None:
        kind, _, key = entity.partition("/")
        self._note(Change(Entity(kind, key), fact))

    def _note(self, change: Change) -> None:
        self.log.append(change)
        self.state = ROLE.evolve(self.state, change)

    def tell(self, command: Command) -> Decision:
        decision = ROLE.decide(self.state, command)
        if not isinstance(decision, Rejected):
            for change in decision:
                self._note(change)
        return decision

    def create(self, key: str, *needs: str) -> None:
        self.happened(f"bead/{key}", bead.BeadCreated(title=f"do {key}", rig="app", needs=needs))

    def sling(self, key: str, *to: str, **said: Any) -> Decision:
        return self.tell(told.SlingBeads(beads=(key,), convoy=f"cv-{len(self.log)}", to=to, **said))

    def pack(self) -> bool:
        """Whether there was anything to offer."""
        packs = [effect for effect in ROLE.due(self.state) if isinstance(effect, PackParcel)]
        for pack in packs:
            parcel = Parcel(title="", description=f"all about {pack.bead}", luggage=self.luggage)
            self.tell(OfferBead(bead=pack.bead, town=pack.town, epoch=pack.epoch, at=NOW, parcel=parcel))
        return bool(packs)

    def expire(self) -> None:
        for effect in ROLE.due(self.state):
            if isinstance(effect, RemindAt) and effect.key.startswith("remind:offer:"):
                self.tell(effect.command)

    def phase(self, key: str) -> Any:
        return self.state.beads[key].phase

    def session(self, key: str) -> str:
        return self.phase(key).session

    def lands(self, key: str) -> None:
        """Its worker is done, and the Refinery has landed it."""
        session = self.session(key)
        submission, commit = f"app.{session}", "7" * 40
        self.tell(
            told.ReportAttempt(
                bead=key, session=session, outcome="submitted", reason="", submission=submission, commit=commit
            )
        )
        self.tell(
            told.ReportLanded(bead=key, session=session, submission=submission, commit=commit, target_commit="8" * 40)
        )

    def comes_back(self, key: str, outcome: str = "failed", reason: str = "exit 1") -> None:
        session = self.session(key)
        self.tell(told.ReportAttempt(bead=key, session=session, outcome=outcome, reason=reason))

    def facts(self, *kinds: type[Fact]) -> list[Any]:
        return [change.event for change in self.log if isinstance(change.event, kinds)]


class Towns:
    """All that know each other."""

    def __init__(self, *names: str) -> None:
        self.by_name = {name: OneTown(name) for name in names}
        self.heard = {(hearer, sender): 0 for hearer in names for sender in names if hearer != sender}

    def __getitem__(self, name: str) -> OneTown:
        return self.by_name[name]

    def hear(self, hearer: str, sender: str) -> tuple[bool, Decision]:
        """The next word from there. Whether there was one, and what was decided on it."""
        log = self[sender].log
        while (at := self.heard[hearer, sender]) < len(log):
            self.heard[hearer, sender] = at + 1
            order = _order(sender, hearer, at + 1, log[at])
            if order is not None:
                return True, self[hearer].tell(order)
        return False, ()

    def settle(self) -> list[Change]:
        """All is heard and all that is due is offered, until nothing moves. What was decided by it."""
        decided: list[Change] = []
        moved = True
        while moved:
            moved = sum(town.pack() for town in self.by_name.values()) > 0
            for hearer, sender in self.heard:
                while (found := self.hear(hearer, sender))[0]:
                    moved = True
                    assert not isinstance(found[1], Rejected), found[1]
                    decided += found[1]
        return decided

    def hear_all_again(self) -> list[Change]:
        self.heard = dict.fromkeys(self.heard, 0)
        return self.settle()


def _order(sender: str, hearer: str, position: int, change: Change) -> Command | None:
    kind, (to, _, name) = change.entity.kind, change.entity.id.partition(".")
    if kind not in (handover.KIND, watch.KIND) or to != hearer:
        return None
    fact: Any = change.event
    if kind == watch.KIND:
        return HearWatch(town=sender, bead=name, position=position, fact=fact)
    return HearHandover(town=sender, bead=name, position=position, fact=fact, incarnation=f"01{sender}")
