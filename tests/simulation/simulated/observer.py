"""The log as it grows, folded by the real roles: what the town itself holds to be true at any moment."""

from gastown.actors.commands.command import Owner
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.kernel.memory import OwnerMemory
from gastown.actors.mayor.phases import Blocked, Closed, Landed, Open, Slung
from gastown.actors.mayor.state import Mayor
from gastown.actors.polecat.state import Live
from gastown.actors.refinery.state import Refinery
from gastown.actors.roles import ROLES, owner_of
from gastown.events.ask import AskId
from gastown.events.envelope import Recorded
from gastown.events.ids import AccountName, BeadId, SessionId
from simulated.world import RIG, World

OF_WAITING_MAIL = ("tell:address:", "tell:mail:", "remind:mail:")
"""It waits for whoever works on its bead next, which may be nobody."""


WAITS = ("resting", "shut")
"""Standings of an account for whose end something is waited for."""


class Observer:
    """Call `look` to take in what is new. A restored town has another log: it is taken in from its beginning.

    taken: how many events it ever took in.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self.taken = 0
        self._begin()

    def _begin(self) -> None:
        self._log = self._world.log
        self.events: list[Recorded] = []
        self.memories: dict[Owner, OwnerMemory] = {}
        self.position = 0

    async def look(self) -> None:
        if self._log is not self._world.log:
            self._begin()
        async for message in self._log.read(after=self.position):
            for recorded in message:
                self._take(recorded)

    def _take(self, recorded: Recorded) -> None:
        owner = owner_of(recorded.entity)
        if owner not in self.memories:
            self.memories[owner] = OwnerMemory(ROLES[owner.role], owner)
        self.memories[owner].absorb(recorded)
        self.events.append(recorded)
        self.taken += 1
        self.position = recorded.position

    @property
    def mayor(self) -> Mayor:
        return self.memories[MAYOR].state if MAYOR in self.memories else Mayor()

    def blocked(self) -> tuple[BeadId, ...]:
        return tuple(sorted(key for key, one in self.mayor.beads.items() if isinstance(one.phase, Blocked)))

    def landed(self) -> int:
        """How many beads have."""
        return sum(isinstance(one.phase, Landed) for one in self.mayor.beads.values())

    def needed(self) -> tuple[BeadId, ...]:
        """Beads that others wait for and nobody is told to work on."""
        beads = self.mayor.beads
        needs = {need for one in beads.values() if isinstance(one.phase, Slung) for need in one.needs}
        return tuple(sorted(need for need in needs if need in beads and isinstance(beads[need].phase, Open)))

    def breaking(self) -> tuple[BeadId, ...]:
        """Whose candidates break the gate's own tool: nothing of the rig lands as long as they are first."""
        queue = self.memories.get(Owner("refinery", RIG))
        found = queue.state.queue.values() if queue is not None else ()
        return tuple(sorted({one.received.bead for one in found if one.broke}))

    def asks(self) -> list[tuple[SessionId, AskId]]:
        """That wait for a person."""
        live = [memory.state for memory in self.memories.values() if isinstance(memory.state, Live)]
        return [(one.session, ask.raised.ask) for one in live for ask in one.asks if ask.answer is None]

    def shut(self) -> list[AccountName]:
        """Accounts that want a login."""
        return [key for key, one in self.mayor.accounts.items() if one.standing == "shut"]

    def wanted(self) -> dict[str, float]:
        """Budgets that a person is asked to raise, and what they are."""
        money = self.mayor.money
        return {scope: money.budgets[scope].amount for scope in money.wants if scope in money.budgets}

    def stopped(self) -> bool:
        """By a person."""
        return "estop" in self.mayor.holds.now

    def paused(self) -> bool:
        return any(rig.holds.now for rig in self.mayor.rigs.values())

    def unfinished(self) -> list[str]:
        """What is still under way, in words; empty when the town has nothing left to do."""
        words = [
            f"bead {key} is {type(one.phase).__name__}: {one.phase}"
            for key, one in sorted(self.mayor.beads.items())
            if not isinstance(one.phase, Open | Landed | Closed)
        ]
        for owner, memory in self.memories.items():
            if isinstance(memory.state, Live):
                words.append(f"session {owner.id} is live")
            elif owner.role != "mayor":  # it tells the others the last word on each matter, and after each start again
                keys = [effect.key for effect in memory.role.due(memory.state)]
                words += [f"{owner} waits for {key}" for key in keys if not key.startswith(OF_WAITING_MAIL)]
        words += [f"the town is held for its {cause}" for cause in self.mayor.holds.now]
        accounts = self.mayor.accounts.items()
        words += [f"account {key} is {one.standing}" for key, one in accounts if one.standing in WAITS]
        queue = self.memories.get(Owner("refinery", RIG))
        if queue is not None and isinstance(queue.state, Refinery):
            words += [f"{key} is in the queue" for key in sorted(queue.state.queue)]
        return words
