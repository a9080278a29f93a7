"""Why a slung bead that waits for a place has none: where all are taken, and where it cannot go. Asked of other views.

The Mayor's rules about places (`actors/mayor/places.py`), as a person reads them.
"""

from collections.abc import Sequence

import msgspec

from gastown.events.account import own
from gastown.events.agent import AgentSpec
from gastown.projections import accounts, definitions, host, rigs
from gastown.projections.fitness import unfit
from gastown.projections.kernel.store import Record, Store
from gastown.projections.ready import ACTIVE_NEED

_NOWHERE = {"invited", "left", "revoked"}
_SHUT = ("throttled", "login", "tried")


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """where: a host, "" for the town's own machine. lasting: only a person can change that."""

    where: str
    reason: str
    hint: str
    lasting: bool


_STARTABLE = (
    "SELECT id, rig, asked_agent FROM beads WHERE id = ? AND state = 'slung' AND slung_to = '' AND session = ''"
    f" AND NOT EXISTS ({ACTIVE_NEED})"
)


def waits(store: Store, key: str) -> tuple[Wait, ...]:
    """One for each machine; none where there is room, or where it waits for something else."""
    bead = store.query_one(_STARTABLE, (key,))
    chosen = _choice(store, bead) if bead else None
    if bead is None or chosen is None:
        return ()
    at_home = _at_home(store)
    hosts = [one for one in host.listing(store) if one["state"] not in _NOWHERE]
    found = [at_home, *(_at(store, one, bead, *chosen) for one in hosts)]
    return tuple(one for one in found if one) if all(found) else ()


def said(found: Sequence[Wait]) -> str:
    return "; ".join(f"{one.where}: {one.reason}" if one.where else one.reason for one in found)


def _at_home(store: Store) -> Wait | None:
    most = definitions.settings(store)["max_polecats"]
    sql = "SELECT count(*) AS many FROM sessions WHERE host = '' AND ended_at IS NULL"
    taken = int(store.query(sql)[0]["many"])
    if taken < most:
        return None
    reason = f"{taken} of {most} places are taken" if most else "max_polecats is 0"
    return Wait(where="", reason=reason, hint="gt config set max_polecats N", lasting=not most)


def _at(store: Store, known: Record, bead: Record, agent: AgentSpec, account: str) -> Wait | None:
    name = known["name"]
    barred = _barred(store, known, bead, agent, account)
    if barred:
        return Wait(where=name, reason=barred[0], hint=barred[1], lasting=True)
    if known["state"] != "up":
        lasting = known["state"] != "silent"
        return Wait(where=name, reason=f"it is {known['state']}", hint=f"on {name}: gt host up DIR", lasting=lasting)
    if known["sessions"] < known["slots"]:
        return None
    reason = f"{known['sessions']} of {known['slots']} places are taken"
    return Wait(where=name, reason=reason, hint="it begins when one is free", lasting=False)


def _barred(store: Store, known: Record, bead: Record, agent: AgentSpec, account: str) -> tuple[str, str] | None:
    """What keeps it from that machine, whatever is free there."""
    config, spec = rigs.config(store, bead["rig"]), accounts.spec(store, account)
    if config is not None and config.copy:
        reason = f"rig {bead['rig']} copies files of the town's machine ({', '.join(config.copy)})"
        return reason, "have its setup make them, and leave out --copy"
    if spec is not None and (spec.secrets or spec.config_dir):
        reason = f"the login of account {account} lies on the town's machine"
        return reason, f"log in there, then: gt account set {account} --env NAME, without a value"
    for one in known["cannot"]:
        if bead["rig"] == one["rig"] or agent.name == one["agent"]:
            what = f"rig {one['rig']}" if one["rig"] else f"agent {one['agent']}"
            reason = f"{what} did not begin there: {one['reason']}"
            return reason, f"mend it on {known['name']}, then there: gt host down DIR, gt host up DIR"
    return None


def _choice(store: Store, bead: Record) -> tuple[AgentSpec, str] | None:
    """Who would begin it now, and under which account."""
    known, default = definitions.specs(store)
    config, broken = rigs.config(store, bead["rig"]), unfit(store)
    first = known.get(bead["asked_agent"] or (config.agent if config else "") or default)
    asked = [first, *(known.get(name) for name in first.fallbacks)] if first else []
    for spec in asked:
        if spec is None or spec.name in broken:
            continue
        for account in spec.accounts or (own(spec.name),):
            if accounts.standing(store, account)["state"] not in _SHUT:
                return spec, account
    return None
