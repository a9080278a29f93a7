"""`--to any`, as the town's API has it: by what the hub's copies say of the others."""

from gastown.clock import now
from gastown.errors import GastownError
from gastown.events.ids import TownName
from gastown.projections.capacity import capacity
from gastown.projections.kernel.rebuild import rebuild_into
from gastown.projections.kernel.store import Store
from gastown.projections.placement import Seen, Wanted, candidates
from gastown.projections.views import VIEWS
from simulated.process import Process
from simulated.several.line import LineCopies
from simulated.several.towns import Towns, Undisturbed
from simulated.world import ORIGIN, RIG


async def any_that_can(towns: Towns, own: TownName) -> tuple[TownName, ...]:
    """The best first; none: its own is, or none can."""
    here = towns.now[own]
    process = Process("gt", 0, towns.dice.of("gt", now()), Undisturbed(), here.world.skew)
    copies = LineCopies(here.line, process)
    seen = [Seen(capacity=capacity(here.world.views, own, now()))]
    for name, there in towns.now.items():
        if name == own:
            continue
        views = Store(None, VIEWS, there.world.incarnation)
        try:
            await rebuild_into(views, copies.log(name, there.world.incarnation))
        except GastownError:
            continue  # nothing is known of it
        away = "" if there.line.is_open else "it is away"
        seen.append(Seen(capacity=capacity(views, name, now()), away=away))
    found = candidates(seen, Wanted(rig=RIG, home=own, origin=ORIGIN))
    able = tuple(one.town for one in found if one.can)
    return () if not able or able[0] == own else tuple(town for town in able if town != own)
