"""Whatever three towns do, and however late, often and unevenly they hear of each other: every bead has one home.

What is heard may be heard again from any point on, in the order of its log; answers may never come in time.
"""

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from towns import OneTown, Towns

from gastown.actors.commands import mayor as told
from gastown.actors.commands.abroad import RecallBead
from gastown.actors.kernel.role import Rejected
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.abroad import is_at_home, is_met
from gastown.actors.mayor.phases import Blocked, Offered, Slung, Submitted
from gastown.actors.mayor.state import is_done
from gastown.events import bead, handover
from gastown.events.ids import abroad, at_home

NAMES = ("a", "b", "c")
BEADS = ("a.ap-1", "a.ap-2", "b.ap-1", "c.ap-1")
"""By their names abroad; b's ap-1 is another one than a's."""
TOWNS, BEAD = st.sampled_from(NAMES), st.sampled_from(BEADS)
TO = st.lists(TOWNS, min_size=1, max_size=3, unique=True).map(tuple)


class World(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.towns = Towns(*NAMES)
        for name in BEADS:
            born, _, key = name.partition(".")
            self.towns[born].create(key)

    def at_work(self) -> list[tuple[OneTown, str]]:
        return [(town, key) for town in self.all() for key in sorted(town.state.active)]

    def all(self) -> list[OneTown]:
        return list(self.towns.by_name.values())

    @rule(where=TOWNS, name=BEAD, to=TO)
    def sling_away(self, where: str, name: str, to: tuple[str, ...]) -> None:
        self.towns[where].sling(at_home(where, name), *to)

    @rule(where=TOWNS, name=BEAD)
    def sling(self, where: str, name: str) -> None:
        self.towns[where].sling(at_home(where, name))

    @rule(where=TOWNS)
    def pack(self, where: str) -> None:
        self.towns[where].pack()

    @rule(hearer=TOWNS, sender=TOWNS, many=st.integers(1, 4))
    def hear(self, hearer: str, sender: str, many: int) -> None:
        if hearer != sender:
            for _ in range(many):
                _, decision = self.towns.hear(hearer, sender)
                assert not isinstance(decision, Rejected)

    @rule(hearer=TOWNS, sender=TOWNS, back=st.floats(0, 1))
    def hear_again(self, hearer: str, sender: str, back: float) -> None:
        if hearer != sender:
            pair = (hearer, sender)
            self.towns.heard[pair] = int(self.towns.heard[pair] * back)

    @rule(where=TOWNS)
    def time_is_up(self, where: str) -> None:
        self.towns[where].expire()

    @rule(where=TOWNS, name=BEAD, what=st.sampled_from([RecallBead, told.UnslingBead, told.CloseBead, told.ReopenBead]))
    def a_person(self, where: str, name: str, what: Any) -> None:
        self.towns[where].tell(what(bead=at_home(where, name)))

    @rule(where=TOWNS, name=BEAD)
    def retry(self, where: str, name: str) -> None:
        self.towns[where].tell(told.RetryBead(bead=at_home(where, name)))

    @rule(where=TOWNS, name=BEAD, need=BEAD)
    def needs(self, where: str, name: str, need: str) -> None:
        self.towns[where].tell(told.UpdateBead(bead=at_home(where, name), add_needs=(need,)))

    @rule(where=TOWNS, paused=st.booleans())
    def pause(self, where: str, paused: bool) -> None:
        hold = (
            told.PlaceHold(cause="pause", rig="app", reason="r") if paused else told.LiftHold(cause="pause", rig="app")
        )
        self.towns[where].tell(hold)

    @rule(where=TOWNS, accept=st.sampled_from(["all", "all", "none", "a", "b,c"]))
    def policy(self, where: str, accept: str) -> None:
        self.towns[where].tell(told.ChangeTextSetting(name="towns.accept", text=accept))

    @precondition(lambda self: self.at_work())
    @rule(data=st.data(), how=st.sampled_from(["lands", "lands", "fails", "asks"]))
    def works(self, data: st.DataObject, how: str) -> None:
        town, key = data.draw(st.sampled_from(self.at_work()))
        phase = town.phase(key)
        if isinstance(phase, Submitted):
            return
        if phase.withdrawn:
            town.comes_back(key, "withdrawn", phase.withdrawn)
        elif how == "lands":
            town.lands(key)
        else:
            town.comes_back(key, "escalated" if how == "asks" else "failed")

    @invariant()
    def no_bead_has_two_homes(self) -> None:
        homes = Counter(
            abroad(town.name, key) for town in self.all() for key in town.state.beads if is_at_home(town.state, key)
        )
        assert all(count == 1 for count in homes.values()), homes

    @invariant()
    def each_transfer_is_a_higher_epoch_and_is_received_once(self) -> None:
        handed: Counter[tuple[str, int]] = Counter()
        received: Counter[tuple[str, int]] = Counter()
        for town in self.all():
            for change in town.log:
                if isinstance(change.event, handover.BeadHandedOver):
                    handed[abroad(town.name, change.event.bead), change.event.epoch] += 1
                elif isinstance(change.event, bead.BeadReceived):
                    received[abroad(town.name, change.entity.id), change.event.epoch] += 1
        assert set(handed.values()) | set(received.values()) <= {1}
        assert received.keys() <= handed.keys()

    @invariant()
    def nothing_lands_twice(self) -> None:
        landed: Counter[str] = Counter()
        opened: Counter[str] = Counter()
        for town in self.all():
            for change in town.log:
                landed[abroad(town.name, change.entity.id)] += isinstance(change.event, bead.BeadLanded)
                opened[abroad(town.name, change.entity.id)] += isinstance(change.event, bead.BeadReopened)
        assert all(count <= 1 + opened[name] for name, count in landed.items())

    @invariant()
    def a_replay_of_each_log_knows_the_same(self) -> None:
        for town in self.all():
            state = ROLE.initial(told.MAYOR)
            for change in town.log:
                state = ROLE.evolve(state, change)
            assert state == town.state

    def teardown(self) -> None:
        """Once all is heard no offer is open, every bead is at home somewhere, and all agree about it."""
        self.towns.settle()
        for name in BEADS:
            self.agreed(name)
        assert self.towns.hear_all_again() == []

    def agreed(self, name: str) -> None:
        born = name.partition(".")[0]
        known = {town.name: town for town in self.all() if at_home(town.name, name) in town.state.beads}
        phases = {where: town.phase(at_home(where, name)) for where, town in known.items()}
        assert not any(isinstance(phase, Offered) for phase in phases.values()), phases
        homes = [where for where, town in known.items() if is_at_home(town.state, at_home(where, name))]
        assert len(homes) == 1, phases
        (home,) = homes
        one = self.towns[home].state.beads[at_home(home, name)]
        if is_done(one):
            assert home == born, phases
        for where, town in known.items():
            self.convoys_agree(where, town, at_home(where, name))
        self.is_seen_at_its_birth(born, home, name)
        self.waits_agree(name, home)

    def convoys_agree(self, where: str, town: OneTown, key: str) -> None:
        for convoy in town.state.beads[key].convoys:
            members = [town.state.beads[member] for member in town.state.convoys[convoy].beads]
            assert town.state.convoys[convoy].done == all(is_done(member) for member in members), (where, key)

    def is_seen_at_its_birth(self, born: str, home: str, name: str) -> None:
        """That a person is needed for it."""
        if born == home:
            return
        phase = self.towns[home].phase(at_home(home, name))
        stuck = self.towns[born].phase(at_home(born, name)).stuck
        assert bool(stuck) == (isinstance(phase, Blocked) or type(phase).__name__ == "Open"), (phase, stuck)

    def waits_agree(self, need: str, home: str) -> None:
        born = need.partition(".")[0]
        done = is_done(self.towns[born].state.beads[at_home(born, need)])
        for town in self.all():
            asked = at_home(town.name, need) in town.state.watches and at_home(town.name, need) not in town.state.beads
            if asked:
                assert is_met(town.state, at_home(town.name, need)) == done
        for town in self.all():
            for key in [*town.state.slung, *town.state.outbound]:
                one = town.state.beads[key]
                ready = all(is_met(town.state, met) for met in one.needs)
                assert not (isinstance(one.phase, Slung) and one.phase.to and ready), "it is due to be offered"


World.TestCase.settings = settings(max_examples=300, stateful_step_count=60, deadline=None)
TestTowns = World.TestCase
