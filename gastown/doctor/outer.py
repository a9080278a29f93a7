"""On the machine of an outer host: does it reach its town, is it let in, and which agents' programs are there?"""

import os

import anyio.to_thread

from gastown.adapters.agents import catalogue
from gastown.bus import leaf_door
from gastown.bus.nats_connection import RefusedLoginError
from gastown.config import Home, TownConfig
from gastown.doctor.finding import Finding
from gastown.errors import GastownError
from gastown.gate.approach import ca_file, key_file, reached

_PATIENCE = 5.0  # seconds, at each address


async def way_home(host: TownConfig, home: Home) -> Finding:
    """As the host itself goes it."""
    invited = f"in the town: gt host invite {home.host}; here: gt host join INVITATION with a new folder"
    if not key_file(host).exists():
        detail = f"{key_file(host)} is lost: with it {home.host} was known"
        return Finding(check="gate", ok=False, detail=detail, mend=invited)
    try:
        authority = ca_file(host).read_text()
    except OSError as error:
        detail = f"whose servers are those of {host.name} is not known: {error}"
        return Finding(check="gate", ok=False, detail=detail, mend=invited)
    door = await anyio.to_thread.run_sync(leaf_door.look, home.urls, authority)
    if door.trouble:
        mend = f"gt doctor, in the town {host.name}; and see that its machine's port is open for this one"
        return Finding(check="gate", ok=False, detail=f"the gate of {host.name}: {door.trouble}", mend=mend)
    try:
        async with reached(host, patience=_PATIENCE):
            pass
    except RefusedLoginError as error:
        return Finding(check="gate", ok=False, detail=error.message, mend=invited)
    except GastownError as error:
        return Finding(check="gate", ok=False, detail=error.message, mend=error.hint)
    return Finding(check="gate", ok=True, detail=f"{host.name} is there, and lets {home.host} in")


def agents() -> Finding:
    """Which of them its town uses it does not tell: one that is missing here is used elsewhere from then on."""
    path = os.environ.get("PATH", os.defpath)
    found = sorted(one.name for one in catalogue.VENDORS.values() if one.found(path))
    there = f"programs of {', '.join(found)}" if found else "no program of a vendor"
    return Finding(check="agents", ok=True, detail=f"{there} on the PATH; gt host list, in the town: what failed here")
