"""Does the gate of a town stand open for its hosts on other machines, as what it is, and are they there?"""

import sqlite3
from contextlib import closing
from datetime import UTC, datetime

import anyio.to_thread

from gastown.bus import leaf_door
from gastown.bus.certificates import days_left
from gastown.clock import now
from gastown.config import TownConfig
from gastown.doctor.finding import Finding
from gastown.errors import GastownError
from gastown.events.host import HOME
from gastown.gate import place
from gastown.gate.place import Gate

SOON = 14.0
"""Days before the end of a certificate at which a person should know: the town makes another long before."""
_MISSED = {"silent", "lost"}


async def gate(town: TownConfig, *, up: bool) -> tuple[Finding, ...]:
    """None for a town that never invited a host. up: the town is running, as wanted."""
    try:
        known = place.read(town)
        if known is None:
            return ()
        authority = place.authority(town)
    except GastownError as error:
        return (Finding(check="gate", ok=False, detail=error.message, mend=error.hint),)
    except OSError as error:
        detail = f"the certificates of the gate cannot be read: {error}"
        return (Finding(check="gate", ok=False, detail=detail, mend="put secrets/gate back from a backup"),)
    if not up:
        return (Finding(check="gate", ok=True, detail=f"port {known.port}, closed while the town is not up"),)
    return (await anyio.to_thread.run_sync(_open, town, known, authority), *_hosts(town))


def _open(town: TownConfig, known: Gate, authority: str) -> Finding:
    own = leaf_door.look((known.own_url(),), authority)
    if own.trouble:
        mend = f"see {town.logs / 'gate.log'}; gt down, then gt up"
        return Finding(check="gate", ok=False, detail=own.trouble, mend=mend)
    outside = [url for url in known.urls() if url != known.own_url()]
    for url in outside:
        trouble = leaf_door.look((url,), authority).trouble
        if trouble:
            mend = f"see that the name is this machine's, and that TCP {known.port} is open there"
            return Finding(check="gate", ok=False, detail=f"seen from here, {trouble}", mend=mend)
    where = ", ".join(outside) or f"port {known.port} of this machine alone"
    until = datetime.fromtimestamp(own.expires, UTC).strftime("%Y-%m-%d")
    left = days_left(authority, now())
    detail = f"{where}; its certificate is valid until {until}, its authority for {left:.0f} days"
    if own.expires < now() + SOON * 86_400:
        return Finding(check="gate", ok=False, detail=detail, mend=f"gt down, then gt up; see {town.logs}")
    if left < SOON:
        mend = "once it is over, every host is to be invited anew: gt host revoke NAME, gt host invite NAME"
        return Finding(check="gate", ok=False, detail=detail, mend=mend)
    return Finding(check="gate", ok=True, detail=detail)


def _hosts(town: TownConfig) -> tuple[Finding, ...]:
    """None while nobody was let in. Views that cannot be read are another check's finding."""
    sql = "SELECT id, state, since FROM hosts WHERE id != ? AND state NOT IN ('invited', 'left', 'revoked') ORDER BY id"
    if not town.views.exists():
        return ()
    try:
        with closing(sqlite3.connect(f"{town.views.as_uri()}?mode=ro", uri=True, timeout=5.0)) as file:
            found = file.execute(sql, (HOME,)).fetchall()
    except sqlite3.Error:
        return ()
    told = ", ".join(_told(*one) for one in found)
    missed = [name for name, state, _ in found if state in _MISSED]
    if not missed:
        return (Finding(check="hosts", ok=True, detail=told),) if found else ()
    mend = f"there: gt doctor in its folder, gt host up DIR; if it never comes back: gt host revoke {missed[0]}"
    return (Finding(check="hosts", ok=False, detail=told, mend=mend),)


def _told(name: str, state: str, since: float | None) -> str:
    if state not in _MISSED or since is None:
        return f"{name} {state}"
    return f"{name} {state} since {datetime.fromtimestamp(since, UTC).strftime('%Y-%m-%d %H:%M UTC')}"
