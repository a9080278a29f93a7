"""Whatever three towns do, and however late, often and unevenly they hear of each other: every bead has one home.

What is heard may be heard again from any point on, in the order of its log; answers may never come in time.
"""

from collections import Counter
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from towns import OneTown, Towns

from gastown.actors.commands import mayor as told
from gastown.actors.commands.abroad import RecallBead
from gastown.actors.kernel.role import Rejected
from gastown.actors.mayor import ROLE
from gastown.actors.mayor.abroad import is_at_home, is_met
from gastown.actors.mayor.phases import Blocked, Offered, Open, Slung, Working
from gastown.actors.mayor.state import is_done
from gastown.events import bead, handover
from gastown.events.ids import abroad, at_home

NAMES = ("a", "b", "c")
BEADS = ("a.ap-1", "b.ap-1")
"""By their names abroad; b's ap-1 is another one than a's."""
TOWNS, BEAD = st.sampled_from(NAMES), st.sampled_from(BEADS)
PAIRS = st.permutations(NAMES).map(lambda names: (names[0], names[1]))
TO = st.lists(TOWNS, min_size=1, max_size=2, unique=True).map(tuple)


class World(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.towns = Towns(*NAMES)
        for name in BEADS:
            born, _, key = name.partition(".")
            self.towns[born].create(key)

    def all(self) -> list[OneTown]:
        return list(self.towns.by_name.values())

    def home(self, name: str) -> tuple[OneTown, str] | None:
        """Which town has it now, and what it calls it. None: it is on its way, or is given back."""
        for town in self.all():
            if is_at_home(town.state, at_home(town.name, name)):
                return town, at_home(town.name, name)
        return None

    def free(self, town: OneTown, key: str) -> bool:
        """Whether nobody works on it any more, as far as a person can see to that."""
        town.tell(told.UnslingBead(bead=key, reason="elsewhere"))
        if isinstance(town.phase(key), Working):
            town.comes_back(key, "withdrawn")
        return isinstance(town.phase(key), Open)

    @rule(name=BEAD, to=TO, agent=st.sampled_from(["", "", "", "nobody"]))
    def send(self, name: str, to: tuple[str, ...], agent: str) -> None:
        found = self.home(name)
        if found and self.free(*found):
            town, key = found
            town.sling(key, *(other for other in to if other != town.name), agent=agent)
            town.pack()

    @rule(where=TOWNS)
    def pack(self, where: str) -> None:
        self.towns[where].pack()

    @rule(pair=PAIRS, many=st.integers(1, 3))
    def hear(self, pair: tuple[str, str], many: int) -> None:
        for _ in range(many):
            _, decision = self.towns.hear(*pair)
            assert not isinstance(decision, Rejected)

    @rule(one=TOWNS, other=TOWNS)
    def hear_each_other(self, one: str, other: str) -> None:
        """Long enough for a bead to go over."""
        for pair in ((one, other), (other, one)) * 2 if one != other else ():
            self.hear_all_of(pair)

    @rule(pair=PAIRS)
    def hear_all_of(self, pair: tuple[str, str]) -> None:
        while (found := self.towns.hear(*pair))[0]:
            assert not isinstance(found[1], Rejected)

    @rule(pair=PAIRS, back=st.sampled_from([0.0, 0.5, 0.9]))
    def hear_again(self, pair: tuple[str, str], back: float) -> None:
        self.towns.heard[pair] = int(self.towns.heard[pair] * back)

    @rule(where=TOWNS)
    def time_is_up(self, where: str) -> None:
        self.towns[where].expire()

    @rule(where=TOWNS, name=BEAD, what=st.sampled_from([RecallBead, told.UnslingBead, told.CloseBead, told.ReopenBead]))
    def a_person(self, where: str, name: str, what: Any) -> None:
        self.towns[where].tell(what(bead=at_home(where, name)))

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

    @rule(name=BEAD, how=st.sampled_from(["lands", "fails", "asks", "asks", "is closed"]))
    def works(self, name: str, how: str) -> None:
        """Where it is at home, and slung there if nobody has done that."""
        town, key = self.home(name) or (None, "")
        if town is None:
            return
        town.sling(key)
        phase = town.phase(key)
        if how == "is closed":
            town.tell(told.CloseBead(bead=key))
        if not isinstance(phase, Working) or how == "is closed":
            return
        if phase.withdrawn:
            town.comes_back(key, "withdrawn", phase.withdrawn)
        elif how == "lands":
            town.lands(key)
        else:
            town.comes_back(key, "escalated" if how == "asks" else "failed")

    @rule(name=BEAD)
    def open_again(self, name: str) -> None:
        born = name.partition(".")[0]
        self.towns[born].tell(told.ReopenBead(bead=at_home(born, name)))

    @rule(name=BEAD)
    def retry_at_home(self, name: str) -> None:
        if found := self.home(name):
            found[0].tell(told.RetryBead(bead=found[1]))

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
        assert bool(stuck) == (isinstance(phase, Blocked | Open)), (phase, stuck)

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


World.TestCase.settings = settings(max_examples=100, stateful_step_count=60, deadline=None)
TestTowns = World.TestCase
