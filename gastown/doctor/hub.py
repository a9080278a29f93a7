"""Is the hub there that the town is a member of, how far is its copy, and until when is its certificate valid?"""

from datetime import UTC, datetime

import anyio.to_thread

from gastown import hub_link
from gastown.bus import leaf_door
from gastown.bus.leaf_door import Door
from gastown.clock import now
from gastown.config import TownConfig
from gastown.doctor.finding import Finding
from gastown.errors import GastownError
from gastown.hub_link import HubLink
from gastown.hub_told import Told, read
from gastown.joined import TOWNS_PAUSE

_SILENT = 2 * TOWNS_PAUSE
"""Seconds without a word of the hub after which the town's server is not connected to it, whoever else is."""
_SOON = 14 * 86_400.0
"""Seconds before the end of a certificate at which a person should know: the hub makes another long before."""


async def hub(town: TownConfig, *, up: bool) -> tuple[Finding, ...]:
    """None for a town that is a member of no hub. up: the town is running, as wanted."""
    try:
        link = hub_link.read(town)
    except GastownError as error:
        return (Finding(check="hub", ok=False, detail=error.message, mend=error.hint),)
    if link is None:
        return ()
    try:
        authority = hub_link.ca_file(town, link).read_text()
    except OSError as error:
        detail = f"whose servers are those of {link.hub} is not known: {error}"
        return (Finding(check="hub", ok=False, detail=detail, mend="gt join with a new invitation"),)
    door = await anyio.to_thread.run_sync(leaf_door.look, link.urls, authority)
    return (_judged(link, door, read(town), up=up),)


def _judged(link: HubLink, door: Door, known: Told, *, up: bool) -> Finding:
    silent = now() - known.asked if known.hub == link.hub and known.asked else None
    heard = "never heard" if silent is None else f"last heard {silent:.0f} s ago"
    lag = next((f", its copy of this town lacks {one.lag}" for one in known.towns if one.name == link.name), "")
    said = f"{link.hub}, as {link.name}: {heard}{lag}"
    if door.trouble:
        detail = f"{said}; {door.trouble}. The town works all the same"
        return Finding(check="hub", ok=False, detail=detail, mend="gt hub status, on the hub's machine")
    until = datetime.fromtimestamp(door.expires, UTC).strftime("%Y-%m-%d")
    said = f"{said}; its certificate is valid until {until}"
    if up and (silent is None or silent > _SILENT):
        detail = f"{said}. It is there, and does not let this town in: was it revoked?"
        return Finding(check="hub", ok=False, detail=detail, mend="gt join with a new invitation")
    full = next((one.limit for one in known.towns if one.name == link.name and one.full), 0)
    if full:
        detail = f"{said}. The copy is at its limit of {full // 1024**2} MB, and stands still"
        return Finding(
            check="hub", ok=False, detail=detail, mend=f"gt hub quota {link.name} SIZE, on the hub's machine"
        )
    if door.expires < now() + _SOON:
        return Finding(check="hub", ok=False, detail=said, mend="gt hub down and gt hub up, on the hub's machine")
    return Finding(check="hub", ok=True, detail=said)
