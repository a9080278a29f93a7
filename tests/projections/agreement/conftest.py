"""The real roles in a random world, as a fixture."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest

from gastown.actors.commands import accounts, mayor, polecat, refinery
from gastown.actors.commands.budget import DropBudget, SetBudget
from gastown.actors.commands.command import Command, Owner
from gastown.actors.effects import (
    Effect,
    EndSession,
    HoldWork,
    LandCandidate,
    ProposeCandidate,
    ProveCandidate,
    RemindAt,
    RunSession,
    TakeTurn,
    Tell,
    WatchProposal,
)
from gastown.actors.kernel.role import Change, Rejected
from gastown.actors.roles import ROLES, owner_of
from gastown.events.agent import AgentSpec
from gastown.events.fact import Fact
from gastown.events.ids import Entity
from gastown.events.rig import RigConfig
from gastown.events.turn import Usage

Choose: TypeAlias = Callable[[list[Any]], Any]

CONFIG = RigConfig(origin="/srv/app.git", target="main", landing="main", prefix="ap")
OUTCOMES = ["submitted", "submitted", "submitted", "no_commits", "failed", "setup_broke", "interrupted", "escalated"]
LANDS = ["push", "push", "push", "branch", "hold"]
PAID = AgentSpec(name="cc", vendor="claude", tells_usage=True, turn_cost=0.3)
COSTS = [None, 0.0, 0.1, 0.3, 0.3, 0.7]
NOON = 20_000 * 86_400 + 43_200.0
HOLDS: list[tuple[Any, str]] = [("estop", ""), ("estop", "app"), ("pause", "app")]


class World:
    """All owners, told one thing after the other; what they decide is told on as a tale."""

    def __init__(self, tale: Any) -> None:
        self.tale = tale
        self.states: dict[Owner, Any] = {}
        self.told: set[tuple[Owner, str]] = set()
        self.made = 0
        spec = AgentSpec(name="sh", vendor="shell", command="true")
        self.send(mayor.MAYOR, mayor.AddRig(rig="app", config=CONFIG))
        self.send(mayor.MAYOR, accounts.AddAgent(spec=spec))
        self.send(mayor.MAYOR, accounts.AddAgent(spec=PAID))
        self.send(mayor.MAYOR, mayor.ChangeSetting(name="max_polecats", value=2))

    def state(self, owner: Owner) -> Any:
        if owner not in self.states:
            self.states[owner] = ROLES[owner.role].initial(owner)
        return self.states[owner]

    def send(self, owner: Owner, command: Command) -> bool:
        decision = ROLES[owner.role].decide(self.state(owner), command)
        if isinstance(decision, Rejected):
            assert decision.code != "bug", decision
            return False
        by_entity: dict[Entity, list[Fact]] = {}
        for change in decision:
            assert owner_of(change.entity) == owner
            by_entity.setdefault(change.entity, []).append(change.event)
            self.states[owner] = ROLES[owner.role].evolve(self.states[owner], Change(change.entity, change.event))
        for entity, facts in by_entity.items():
            self.tale.tell(entity.kind, entity.id, *facts)
        return True

    def due(self) -> list[tuple[Owner, Effect]]:
        due = [(owner, effect) for owner, state in self.states.items() for effect in ROLES[owner.role].due(state)]
        return sorted(due, key=lambda one: (str(one[0]), one[1].key))  # maps iterate by hash: not twice the same

    def step(self, choose: Choose) -> None:
        """The world does something that is due, or a person does something."""
        due = {(owner, effect.key): effect for owner, effect in self.due()}
        self.told &= due.keys()
        fresh = [place for place in due if place not in self.told]
        chosen = choose([*fresh * 4, *due, None, None])
        if chosen is None:
            self.send(*choose(self.wishes(choose)))
            return
        owner, effect = chosen[0], due[chosen]
        if isinstance(effect, Tell):  # done once it is answered; now and then it is repeated all the same
            self.told.add(chosen)
        self.do(owner, effect, choose)

    def wishes(self, choose: Choose) -> list[tuple[Owner, Command]]:
        self.made += 1
        keys = sorted(self.state(mayor.MAYOR).beads)
        needs = (choose(keys),) if keys and choose([True, False]) else ()
        made = mayor.CreateBead(title=f"Do {self.made}", rig="app", needs=needs, priority=self.made % 3, creator="me")
        free = [mayor.LiftHold(cause=cause, rig=rig) for cause, rig in HOLDS]
        told: list[Command] = [made, made, made, *free, *free, mayor.ReportDisk(free=2**40, path="/t")]
        if choose([False, False, True]):
            told += [mayor.PlaceHold(cause=cause, rig=rig, reason="so") for cause, rig in HOLDS]
            told.append(mayor.ReportDisk(free=choose([0, 2**29 - 1, 2**29 + 1]), path="/t"))
        for key in [choose(keys)] if keys else []:
            sling = mayor.SlingBeads(beads=(key,), convoy=f"cv-{self.made}", agent=choose(["", "cc", "cc"]))
            told += [sling, sling, sling, mayor.UnslingBead(bead=key), mayor.CloseBead(bead=key, reason="no")]
            told += [mayor.ReopenBead(bead=key), mayor.RetryBead(bead=key)]
            told.append(mayor.UpdateBead(bead=key, priority=self.made % 5, add_needs=(choose(keys),)))
            told.append(mayor.OpenConvoy(convoy=f"cx-{self.made}", title="x", beads=(key, choose(keys))))
            told += self.about_money(key, choose)
        approve = [refinery.Approve(submission=key) for key in sorted(self.refinery.queue)]
        return [*((mayor.MAYOR, one) for one in told), *((Owner("refinery", "app"), one) for one in approve)]

    def about_money(self, key: str, choose: Choose) -> list[Command]:
        convoys = [f"convoy:{convoy}" for convoy in sorted(self.state(mayor.MAYOR).convoys)]
        scope = choose(["town", "day", "rig:app", f"bead:{key}", *convoys[:1]])
        at = NOON + 3_600.0 * self.made
        amounts = [0.0, 0.5, 1.0, 9.0, 9.0]
        return [*[SetBudget(scope=scope, amount=choose(amounts), at=at)] * 2, DropBudget(scope=scope)]

    @property
    def refinery(self) -> Any:
        return self.state(Owner("refinery", "app"))

    def do(self, owner: Owner, effect: Effect, choose: Choose) -> None:
        match effect:
            case Tell(messages=messages, then=then):
                taken = [self.send(message.to, message.command) for message in messages]
                if all(taken) and then is not None:
                    self.send(owner, then)
            case RemindAt(command=command):
                self.send(owner, command)
            case RunSession() if not effect.started:
                self.send(owner, started(effect))
            case RunSession(session=session) if effect.agent.tells_usage and choose([False, True]):
                self.send(owner, turn_over(session, self.state(owner).turn, NOON + 3_600.0 * self.made, choose))
            case RunSession(session=session):
                self.send(owner, ended(session, choose(OUTCOMES)))
            case TakeTurn(session=session, number=number):
                self.send(owner, turn_over(session, number, NOON + 3_600.0 * self.made, choose))
            case HoldWork():
                pass
            case EndSession(session=session, outcome=outcome):
                self.send(owner, ended(session, outcome))
            case _:
                self.send(owner, answer(effect, choose))


def started(effect: RunSession) -> Command:
    key = effect.session
    return polecat.ReportAgentStarted(session=key, pid=7, started=9, worktree="/w", branch=f"b/{key}", base="1" * 40)


def turn_over(session: str, number: int, at: float, choose: Choose) -> Command:
    cost = choose(COSTS)
    usage = None if cost is None else Usage(fresh=1, cost=cost)
    return polecat.ReportTurn(session=session, number=number, at=at, end="done", usage=usage, ahead=choose([0, 0, 1]))


def ended(session: str, outcome: Any) -> Command:
    commit = "2" * 40 if outcome == "submitted" else ""
    return polecat.ReportAgentEnded(session=session, outcome=outcome, reason="so", base="1" * 40, commit=commit)


def answer(effect: Effect, choose: Choose) -> Command:
    match effect:
        case ProveCandidate(submission=key, number=number):
            base, candidate = "3" * 40, "4" * 40
            return choose(
                [
                    *(
                        refinery.ReportProven(submission=key, number=number, base=base, candidate=candidate, land=land)
                        for land in LANDS
                    ),
                    refinery.ReportConflicted(submission=key, number=number, base=base, files=("a",)),
                    refinery.ReportBroke(submission=key, number=number, what="git", reason="x", at=5.0),
                    *(
                        refinery.ReportRed(
                            submission=key, number=number, base=base, candidate=candidate,
                            gate="t", exit_code=1, tail="no", base_red=base_red,
                        )
                        for base_red in (True, False)
                    ),
                ]
            )  # fmt: skip
        case LandCandidate(submission=key, expected=expected):
            return choose(
                [
                    *[refinery.ReportLanding(submission=key, target_commit="5" * 40)] * 3,
                    refinery.ReportRaced(submission=key, expected=expected, found="6" * 40),
                    refinery.ReportLandingRefused(submission=key, reason="protected"),
                ]
            )
        case ProposeCandidate(submission=key, branch=branch, candidate=candidate):
            return refinery.ReportProposed(submission=key, branch=branch, candidate=candidate)
        case WatchProposal(submission=key):
            return refinery.ReportLanding(submission=key, target_commit="7" * 40)
        case _:
            raise AssertionError(effect)


@pytest.fixture(scope="session")
def new_world(new_tale: Any) -> Callable[[], World]:
    return lambda: World(new_tale())
