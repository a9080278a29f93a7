"""Rules about handing work out: sling, unsling, retry, and who gets a free place."""

from collections.abc import Mapping

from gastown.actors.commands.abroad import RecallBead
from gastown.actors.commands.mayor import RetryBead, SlingBeads, UnslingBead
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor import handoffs, handovers, throttles
from gastown.actors.mayor.abroad import is_met
from gastown.actors.mayor.accounts import on_account
from gastown.actors.mayor.agents import unknown_agent
from gastown.actors.mayor.beads import describe, on_bead, on_convoy, unknown_bead, way_back
from gastown.actors.mayor.phases import Away, Blocked, Closed, Landed, Offered, Open, Parked, Slung, Submitted, Working
from gastown.actors.mayor.places import Places
from gastown.actors.mayor.purse import BLIND, STATE_IT, Purse, covering, is_blind
from gastown.actors.mayor.state import Bead, Mayor, is_done
from gastown.events import bead, convoy
from gastown.events.account import AccountTried
from gastown.events.ids import AccountName, AgentName, BeadId, ConvoyId, HostName, RigName, session_id

MOST_SLUNG, MOST_ASSIGNED = 400, 400
"""Beads in one decision: it is one atomic batch, of which the log takes 1,000 messages. The next decision goes on."""


def sling_beads(state: Mayor, command: SlingBeads) -> Decision:
    keys = tuple(dict.fromkeys(command.beads))
    if not keys:
        return Rejected("no bead was named", "gt sling BEAD... [RIG]", "usage")
    if len(keys) > MOST_SLUNG:
        return Rejected(f"{len(keys)} beads are too many for one sling", f"sling at most {MOST_SLUNG} at once", "usage")
    changed = {} if command.to else {key: new for key in keys if (new := handoffs.agent_change(state, key, command))}
    for key in changed:
        blind = _blind_agent(state, key, command, state.beads[key].rig)
        if blind is not None:
            return blind
    keys = tuple(key for key in keys if key not in changed)
    for key in keys:
        wrong = _wrong_sling(state, key, command)
        if wrong is not None:
            return wrong
    convoys = {key: _open_convoy(state, state.beads[key]) for key in keys}
    loose = tuple(key for key in keys if not convoys[key])
    changes: list[Change] = [*changed.values()]
    if loose:
        title = state.beads[loose[0]].title if len(loose) == 1 else f"{len(loose)} beads"
        changes.append(on_convoy(command.convoy, convoy.ConvoyOpened(title=title, beads=loose)))
    changes += [on_bead(key, _slung(state.beads[key], command, convoys[key])) for key in keys]
    return tuple(changes)


def _slung(one: Bead, command: SlingBeads, convoy_id: ConvoyId) -> bead.BeadSlung:
    """A bead that goes to another town stays its rig's here."""
    rig, known = command.rig or one.rig, convoy_id or command.convoy
    if not command.to:
        return bead.BeadSlung(rig=rig, convoy=known, agent=command.agent)
    return bead.BeadSlung(rig=one.rig, convoy=known, agent=command.agent, to=command.to, there=rig)


def _open_convoy(state: Mayor, one: Bead) -> ConvoyId:
    return next((key for key in one.convoys if not state.convoys[key].done), "")


def _wrong_sling(state: Mayor, key: BeadId, command: SlingBeads) -> Rejected | None:
    one = state.beads.get(key)
    if one is None:
        return unknown_bead(key)
    match one.phase:
        case Slung() | Working() | Submitted():
            return Rejected(describe(key, one), f"take it back first: gt unsling {key}", "taken")
        case Offered() | Away():
            return Rejected(describe(key, one), way_back(state, key, one), "taken")
        case Blocked():
            return Rejected(describe(key, one), f"let it try again: gt retry {key}")
        case Landed() | Closed():
            return Rejected(describe(key, one), f"gt bead reopen {key}")
        case Open() if command.to:
            return handovers.wrong_destination(state, key, command)
        case Open():
            rig = command.rig or one.rig
            return (
                _wrong_rig(state, rig, key)
                or _wrong_agent(state, command.agent, rig)
                or _blind_agent(state, key, command, rig)
            )
        case Parked():
            return Rejected(describe(key, one), f"gt bead show {key}")


def _wrong_rig(state: Mayor, rig: RigName, key: BeadId) -> Rejected | None:
    if not rig:
        return Rejected(f"{key} belongs to no rig", f"name one: gt sling {key} RIG", "usage")
    if rig not in state.rigs or state.rigs[rig].removed:
        return Rejected(f"there is no rig {rig}", "see them: gt rig list", "unknown")
    return None


def _wrong_agent(state: Mayor, agent: AgentName, rig: RigName) -> Rejected | None:
    if agent and agent not in state.agents:
        return unknown_agent(agent)
    if not agent and not state.rigs[rig].config.agent and not state.default_agent:
        return Rejected("no agent is set up", "gt agent add NAME --vendor shell --command CMD --default")
    return None


def _blind_agent(state: Mayor, key: BeadId, command: SlingBeads, rig: RigName) -> Rejected | None:
    """Under a budget, somebody has to know what a turn costs."""
    agent = command.agent or state.rigs[rig].config.agent or state.default_agent
    scopes = covering(state, key, command.rig)
    if not scopes or not is_blind(state, agent):
        return None
    return Rejected(f"{BLIND.format(agent=agent)}, and {key} is under budget {scopes[0]}", STATE_IT.format(agent=agent))


def unsling_bead(state: Mayor, command: UnslingBead) -> Decision:
    one = state.beads.get(command.bead)
    if one is None:
        return unknown_bead(command.bead)
    match one.phase:
        case Open():
            return ()
        case Working(withdrawn=withdrawn) | Submitted(withdrawn=withdrawn) if withdrawn:
            return ()
        case Landed() | Closed():
            return Rejected(describe(command.bead, one), f"gt bead reopen {command.bead}")
        case Offered() | Away():
            return handovers.recall_bead(state, RecallBead(bead=command.bead, reason=command.reason or "unslung"))
        case _:
            return (on_bead(command.bead, bead.BeadUnslung(reason=command.reason or "unslung")),)


def retry_bead(state: Mayor, command: RetryBead) -> Decision:
    one = state.beads.get(command.bead)
    if one is None:
        return unknown_bead(command.bead)
    if not isinstance(one.phase, Blocked):
        return Rejected(f"{describe(command.bead, one)}, not blocked", f"gt bead show {command.bead}")
    wrong = _wrong_rig(state, one.rig, command.bead)
    return wrong or (on_bead(command.bead, bead.BeadRetried()),)


def assignments(state: Mayor, waiting: Mapping[BeadId, AgentName] | None = None) -> tuple[Change, ...]:
    """Free places go to the ready beads there is money for, highest priority first, then the oldest.

    waiting: what `startable` says, where that is known already.
    """
    places = Places(state) if state.slung else None
    if places is None or not places.free:
        return ()
    purse, changes, left = Purse(state), list[Change](), min(places.free, MOST_ASSIGNED)
    first: frozenset[AccountName] = frozenset()
    for key in startable(state) if waiting is None else waiting:
        if not left:
            break
        chosen = throttles.choice(state, state.beads[key], first)
        host = places.find(state.beads[key], *chosen) if chosen else None
        reserved = purse.take(key, chosen[0]) if chosen and host is not None else None
        if chosen is None or host is None or reserved is None:
            continue
        places.take(host)
        assigned, left = _assigned(state, key, *chosen, reserved, host), left - 1
        changes.append(on_bead(key, assigned))
        if state.account(chosen[1]).standing == "rested":  # under one that was refused before, one goes first
            first |= {chosen[1]}
            changes.append(on_account(chosen[1], AccountTried(session=assigned.session)))
    return tuple(changes)


def startable(state: Mayor) -> dict[BeadId, AgentName]:
    """The slung beads that wait for nothing but a place and money, in the order they are served, and their agents."""
    ready = sorted(
        (key for key in state.slung if key not in state.coming and _can_start(state, state.beads[key])),
        key=lambda key: (state.beads[key].priority, state.beads[key].age),
    )
    return {key: chosen[0] for key in ready if (chosen := throttles.choice(state, state.beads[key]))}


def _can_start(state: Mayor, one: Bead) -> bool:
    rig = state.rigs.get(one.rig)
    if rig is None or rig.removed or state.depth(one.rig) or throttles.choice(state, one) is None:
        return False
    return all(is_met(state, need) for need in one.needs)


def _assigned(
    state: Mayor, key: BeadId, agent: AgentName, account: AccountName, reserved: float, host: HostName
) -> bead.BeadAssigned:
    one = state.beads[key]
    number, mark = one.sessions + 1, state.rigs[one.rig].mark
    session = session_id(key, number, mark)
    return bead.BeadAssigned(session=session, number=number, agent=agent, account=account, reserved=reserved, host=host)


def completions(after: Mayor, changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """The convoys that became done by `changes`."""
    keys: dict[ConvoyId, None] = {}
    for change in changes:
        if change.entity.kind == bead.KIND:
            keys.update(dict.fromkeys(after.beads[change.entity.id].convoys))
        elif change.entity.kind == convoy.KIND:
            keys[change.entity.id] = None
    return tuple(
        on_convoy(key, convoy.ConvoyCompleted())
        for key in keys
        if not after.convoys[key].done and all(is_done(after.beads[member]) for member in after.convoys[key].beads)
    )
