"""Can workers be held behind walls here, and does anybody want that?"""

import sqlite3
from contextlib import closing

from gastown.adapters.processes.bubblewrap import INSTALL, MISSING, PROGRAM, demand
from gastown.config import TownConfig
from gastown.doctor.finding import Finding
from gastown.doctor.programs import said
from gastown.errors import RefusedError

_WANTED = (
    "SELECT 1 FROM rigs WHERE json_extract(config, '$.sandbox') = 'bwrap'"
    " UNION SELECT 1 FROM agent_facts WHERE json_extract(spec, '$.sandbox') = 'bwrap'"
)
_TRIAL = (PROGRAM, "--ro-bind", "/", "/", "--unshare-pid", "--proc", "/proc", "/bin/echo", "it works")


async def walls(town: TownConfig) -> Finding:
    """Missing, it is wrong only where a rig or an agent counts on it."""
    trouble, mend = "", INSTALL
    try:
        demand()
    except RefusedError:
        trouble = MISSING
    else:
        if await said(_TRIAL) != "it works":
            trouble, mend = "bubblewrap is installed, and may not make namespaces here", "allow it, or --sandbox none"
    if not trouble:
        return Finding(check="walls", ok=True, detail="bubblewrap works: --sandbox bwrap is to be had")
    if _is_wanted(town):
        return Finding(check="walls", ok=False, detail=trouble, mend=mend)
    return Finding(check="walls", ok=True, detail=f"{trouble}; nobody wants --sandbox bwrap")


def _is_wanted(town: TownConfig) -> bool:
    """As far as the views say."""
    try:
        with closing(sqlite3.connect(f"{town.views.as_uri()}?mode=ro", uri=True, timeout=5.0)) as file:
            return file.execute(_WANTED).fetchone() is not None
    except sqlite3.Error:
        return False
