"""Rules about beads that come from other towns, where they come to.

- An offer is accepted or refused at once, once for each epoch; an older one than any known is passed over. Accepting it
  takes up no place and no money.
- The bead is received when the other town says that it has handed it over, whatever was answered before: its log
  decides. It is slung here as if a person had done so. Where it no longer can be, it waits for a person.
- Whoever handed it over is told when a person is needed here, when it moves again, and when it is done. Then it is
  given back: it can be opened again only where it was born.
"""

from collections.abc import Iterator

import msgspec

from gastown.actors.commands.abroad import HearHandover
from gastown.actors.kernel.role import Change, Decision
from gastown.actors.mayor.abroad import is_at_home, name_here, on_handover
from gastown.actors.mayor.beads import on_bead, on_convoy
from gastown.actors.mayor.phases import Away, Blocked, Open
from gastown.actors.mayor.places import slots
from gastown.actors.mayor.purse import BLIND, is_blind
from gastown.actors.mayor.state import Bead, Mayor, is_done
from gastown.events import bead, budget, convoy
from gastown.events.handover import BeadHandedOver, HandoverEnded, HandoverOffered, HandoverReported
from gastown.events.handover import OfferAccepted as Accepted
from gastown.events.handover import OfferRefused as Refused
from gastown.events.hold import IS_HELD
from gastown.events.ids import AgentName, BeadId, ConvoyId, RigName, TownName, hash_id


def hear_offer(state: Mayor, command: HearHandover, fact: HandoverOffered) -> Decision:
    key, epoch = name_here(state, command.bead), fact.epoch
    known = state.beads.get(key)
    answered = state.offers.get(f"{command.town}.{command.bead}", 0)
    if epoch <= max(answered, known.epoch if known else 0):
        return ()
    reason = _refusal(state, command.town, key, fact)
    answer = Refused(bead=key, epoch=epoch, reason=reason) if reason else Accepted(bead=key, epoch=epoch)
    return (on_handover(state, command.town, key, answer),)


def _refusal(state: Mayor, town: TownName, key: BeadId, fact: HandoverOffered) -> str:
    """Why it is not taken, "" if it is."""
    if is_at_home(state, key):
        return "it is here already"
    if key in state.beads and not isinstance(state.beads[key].phase, Away) and not is_done(state.beads[key]):
        return "what is known of it here cannot be read"
    accept = state.text("towns.accept")
    if accept != "all" and town not in accept.split(","):
        return f"it takes no beads from {town}"
    return _wrong_rig(state, fact.rig) or _wrong_agent(state, fact.rig, fact.agent)


def _wrong_rig(state: Mayor, name: RigName) -> str:
    known = state.rigs.get(name)
    if known is None or known.removed:
        return f"there is no rig {name}"
    for what, holds in (("the town", state.holds), (f"rig {name}", known.holds)):
        for held in holds.now.values():
            return f"{what} {IS_HELD[held.depth]}: {held.reason}"
    return "" if slots(state) else "it lets nobody work: max_polecats is 0"


def _wrong_agent(state: Mayor, rig: RigName, agent: AgentName) -> str:
    name = agent or state.rigs[rig].config.agent or state.default_agent
    if not name:
        return "no agent is set up"
    if name not in state.agents:
        return f"there is no agent {name}"
    budgets = [one for one in (f"rig:{rig}", budget.DAY, budget.TOWN) if one in state.money.budgets]
    return f"{BLIND.format(agent=name)}, and budget {budgets[0]} is set" if budgets and is_blind(state, name) else ""


def hear_transfer(state: Mayor, command: HearHandover, fact: BeadHandedOver) -> Decision:
    """A bead whose home is here is nobody else's to hand over."""
    key = name_here(state, command.bead)
    known = state.beads.get(key)
    if is_at_home(state, key) or (known and fact.epoch <= known.epoch):
        return ()
    got = bead.BeadReceived(
        town=command.town,
        epoch=fact.epoch,
        position=command.position,
        rig=fact.rig,
        parcel=fact.parcel,
        incarnation=command.incarnation if fact.parcel.luggage else "",
    )
    opened, chosen = _convoy(state, key, fact)
    gone = _gone_since(state, fact)
    if gone:
        return (on_bead(key, got), *opened, on_bead(key, bead.BeadBlocked(reason=gone)))
    slung = bead.BeadSlung(rig=fact.rig, convoy=chosen, agent=fact.agent)
    return (on_bead(key, got), *opened, on_bead(key, slung))


def _gone_since(state: Mayor, fact: BeadHandedOver) -> str:
    """What it was accepted with and is there no more."""
    known = state.rigs.get(fact.rig)
    if known is None or known.removed:
        return f"there is no rig {fact.rig} any more"
    return f"there is no agent {fact.agent} any more" if fact.agent and fact.agent not in state.agents else ""


def _convoy(state: Mayor, key: BeadId, fact: BeadHandedOver) -> tuple[tuple[Change, ...], ConvoyId]:
    """Those that it is in go on; a bead that is in none gets one of its own."""
    known = state.beads.get(key)
    if known is not None and known.convoys:
        done = (one for one in known.convoys if state.convoys[one].done)
        return tuple(on_convoy(one, convoy.ConvoyReopened()) for one in done), known.convoys[0]
    nonce = 0
    while (made := hash_id("cv", key, "", "", fact.epoch, nonce, 5)) in state.convoys:
        nonce += 1
    return (on_convoy(made, convoy.ConvoyOpened(title=fact.parcel.title, beads=(key,))),), made


def follow(after: Mayor, changes: tuple[Change, ...]) -> tuple[Change, ...]:
    """What the towns that handed beads over are told of `changes`."""
    ends = {change.entity.id: change.event for change in changes if change.entity.kind == bead.KIND}
    return tuple(told for key, last in ends.items() for told in _word(after, key, last))


def _word(after: Mayor, key: BeadId, last: object) -> Iterator[Change]:
    one = after.beads[key]
    for origin in one.origins:
        stuck = stuck_at(one)
        if is_done(one):
            yield on_handover(after, origin.town, key, _ended(after, key, origin.epoch, last))
        elif stuck != origin.stuck:
            told = HandoverReported(bead=key, epoch=origin.epoch, number=origin.reports + 1, stuck=stuck)
            yield on_handover(after, origin.town, key, told)


def stuck_at(one: Bead) -> str:
    """Why only a person can go on with it, "" while it moves by itself."""
    match one.phase:
        case Blocked(reason=reason):
            return reason
        case Open(nowhere=nowhere):
            return nowhere or "nobody is to work on it"
        case Away(town=town, stuck=stuck) if stuck:
            return f"in {town}: {stuck}"
        case _:
            return ""


def _ended(after: Mayor, key: BeadId, epoch: int, last: object) -> HandoverEnded:
    one, own = after.beads[key], after.membership.name
    ended = HandoverEnded(bead=key, epoch=epoch, last=one.epoch, outcome="landed")
    match last:
        case bead.BeadLanded(commit=commit, target_commit=target):
            return msgspec.structs.replace(ended, commit=commit, target_commit=target, where=own, rig=one.rig)
        case bead.BeadEndedAbroad(outcome=outcome, reason=reason, commit=commit, target_commit=target):
            said = {"outcome": outcome, "reason": reason, "commit": commit, "target_commit": target}
            return msgspec.structs.replace(ended, **said, where=last.where or last.town, rig=last.rig)
        case bead.BeadClosed(reason=reason):
            return msgspec.structs.replace(ended, outcome="closed", reason=reason)
        case _:
            msg = f"{last!r} ends no bead"
            raise TypeError(msg)
