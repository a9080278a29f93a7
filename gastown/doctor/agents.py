"""Are the programs there that the agents of this town are? Only what is cheap: gt agent check tries each."""

import os
import shlex
import shutil
import sqlite3
from contextlib import closing

import msgspec

from gastown.adapters.agents import catalogue
from gastown.config import TownConfig
from gastown.doctor.finding import Finding
from gastown.events.agent import AgentSpec


def agents(town: TownConfig) -> tuple[Finding, ...]:
    """One finding for each but those that are commands. Where there are no views yet: none."""
    found = _known(town)
    return tuple(_finding(spec, reason) for spec, reason in found if spec.vendor != "shell")


def _finding(spec: AgentSpec, unfit: str) -> Finding:
    name, known = f"agent {spec.name}", catalogue.vendor(spec.vendor)
    check = f"gt agent check {spec.name}"
    if known is None:
        return Finding(check=name, ok=False, detail=f"there is no vendor {spec.vendor!r}", mend="gt agent remove")
    wanted = spec.command or shlex.split(known.program)[0]
    path = dict(spec.env).get("PATH") or os.environ.get("PATH", os.defpath)
    program = shutil.which(wanted, path=path)
    if program is None:
        return Finding(check=name, ok=False, detail=f"{wanted} is not on the PATH", mend=check)
    if unfit:
        return Finding(check=name, ok=False, detail=f"it did not pass its check: {unfit}", mend=check)
    return Finding(check=name, ok=True, detail=f"{program}; {check} tries it")


def _known(town: TownConfig) -> list[tuple[AgentSpec, str]]:
    """Each with why it is unfit, "" where it is not. Views that cannot be read are another check's finding."""
    if not town.views.exists():
        return []
    try:
        with closing(sqlite3.connect(f"{town.views.as_uri()}?mode=ro", uri=True, timeout=5.0)) as file:
            facts = file.execute("SELECT name, spec FROM agent_facts ORDER BY position, ordinal").fetchall()
            unfit = dict(file.execute("SELECT agent, reason FROM unfit_agents").fetchall())
    except sqlite3.Error:
        return []
    specs = dict(facts)  # the last word of each
    known = [msgspec.json.decode(spec, type=AgentSpec) for _, spec in sorted(specs.items()) if spec is not None]
    return [(spec, unfit.get(spec.name, "")) for spec in known]
