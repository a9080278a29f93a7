"""Do the town's processes run, as wanted, and does it answer? By what are workers contained, and who is left over?"""

import os

from gastown.adapters.processes import orphans
from gastown.adapters.processes.at_work import read_note
from gastown.adapters.processes.census import runs
from gastown.adapters.processes.child import Known
from gastown.adapters.processes.containment import choose
from gastown.adapters.processes.orphans import Orphan
from gastown.config import TownConfig
from gastown.daemon import service
from gastown.daemon.children import names_of, read_children
from gastown.doctor.finding import FIX, Finding
from gastown.errors import GastownError


def alive(town: TownConfig) -> Finding:
    """All that are wanted, and none that is not."""
    wanted = service.wanted(town)
    own_log = wanted == "down" or not (os.environ.get("GT_NATS_URL") or town.nats_url)
    names = names_of(town, own_log=own_log)
    known: dict[str, Known | None] = {"daemon": service.daemon(town)}
    children = read_children(town)
    known |= {name: children.get(name) for name in names}
    running = {name: one for name, one in known.items() if one is not None and runs(one.pid, one.started)}
    missing = [name for name in known if name not in running]
    told = ", ".join(f"{name} {one.pid}" for name, one in running.items())
    group = f"gt host {{}} {town.path}" if town.home else "gt {}"
    if wanted == "up":
        detail = f"running: {told or 'none'}" + (f"; not running: {', '.join(missing)}" if missing else "")
        return Finding(check="processes", ok=not missing, detail=detail, mend=group.format("up") if missing else "")
    what = "host" if town.home else "town"
    detail = f"the {what} is wanted down, and yet running: {told}" if running else f"the {what} is down, as wanted"
    return Finding(check="processes", ok=not running, detail=detail, mend=group.format("down") if running else "")


async def containment(town: TownConfig) -> Finding:
    """What is in force; of a town without a host, what the next one would use."""
    note = read_note(town.run)
    if note is not None and note.means is not None and note.holds:
        said, means, passed_over = "in force", note.means, note.passed_over
    else:
        try:
            chosen = await choose(("GT_TOWN_MARK", town.mark), town.containment)
        except (GastownError, OSError) as error:
            mend = 'gt config set containment ""'
            return Finding(check="containment", ok=False, detail=str(error), mend=mend)
        chosen.containment.close()
        said, means, passed_over = "for the next host", chosen.containment.means, chosen.passed_over
    detail = f"{means.name}, {said}. It catches {means.catches}. It cannot catch {means.misses}."
    if passed_over:
        detail += f" Not to be had here: {'; '.join(passed_over)}."
    return Finding(check="containment", ok=True, detail=detail)


def left_over(town: TownConfig) -> list[Orphan]:
    """Processes of the town that belong to nothing at work. It blocks for some milliseconds."""
    return orphans.orphans(("GT_TOWN_MARK", town.mark), lambda: read_note(town.run))


def no_orphans(found: list[Orphan]) -> Finding:
    told = "; ".join(f"{one.pid} of {one.session or 'an unknown session'}: {one.command}" for one in found[:5])
    more = f"; and {len(found) - 5} more" if len(found) > 5 else ""
    detail = f"{len(found)} left over: {told}{more}" if found else "none"
    return Finding(check="orphans", ok=not found, detail=detail, mend=FIX if found else "")
