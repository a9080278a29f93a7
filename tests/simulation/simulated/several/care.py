"""Persons who look after all towns: what is stuck for want of one goes on, and in the end nothing is left lying."""

from collections.abc import Iterator

from gastown.actors.commands import mayor as told
from gastown.actors.commands.mayor import MAYOR
from gastown.actors.mayor.abroad import is_at_home
from gastown.actors.mayor.phases import Open
from gastown.actors.mayor.state import Mayor, is_done
from gastown.events.ids import BeadId
from simulated.several.towns import Towns
from simulated.world import RIG


class Care:
    def __init__(self, towns: Towns) -> None:
        self._towns = towns
        self._count = 0

    async def look(self, *, calm: bool) -> None:
        """calm: what nobody is told to work on is slung, where it is."""
        for name, person in self._towns.caretakers.items():
            observer = self._towns.now[name].observer
            await person.look(RIG, observer)
            for bead, need in unknown_needs(observer.mayor):
                await person.order(MAYOR, told.UpdateBead(bead=bead, remove_needs=(need,)))
            for bead in left_lying(observer.mayor) if calm else ():
                self._count += 1
                sling = told.SlingBeads(beads=(bead,), rig=RIG, convoy=f"cv-care-{self._count}")
                await person.order(MAYOR, sling)


def left_lying(mayor: Mayor) -> tuple[BeadId, ...]:
    beads = mayor.beads.items()
    return tuple(sorted(key for key, one in beads if isinstance(one.phase, Open) and is_at_home(mayor, key)))


def unknown_needs(mayor: Mayor) -> Iterator[tuple[BeadId, BeadId]]:
    """Beads and needs of theirs that the town which they are said to be in does not know."""
    gone = {need for need, seen in mayor.watches.items() if seen.standing == "unknown" and seen.number}
    for key, one in sorted(mayor.beads.items()):
        if not is_done(one):
            yield from ((key, need) for need in one.needs if need in gone)
