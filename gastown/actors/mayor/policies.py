"""Rules about policies: one for the town, one for each rig that has its own."""

import msgspec

from gastown.actors.commands.policy import DropPolicy, SetPolicy
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor.rigs import unknown_rig
from gastown.actors.mayor.state import Mayor
from gastown.events import policy
from gastown.events.ids import Entity
from gastown.events.policy import PolicyDropped, PolicyEvent, PolicySet, policy_id


def set_policy(state: Mayor, command: SetPolicy) -> Decision:
    known = state.rigs.get(command.rig)
    if command.rig and (known is None or known.removed):
        return unknown_rig(command.rig)
    key = policy_id(command.rig)
    if state.policies.get(key) == command.policy:
        return ()
    return (Change(Entity(policy.KIND, key), PolicySet(policy=command.policy)),)


def drop_policy(state: Mayor, command: DropPolicy) -> Decision:
    key = policy_id(command.rig)
    if key not in state.policies:
        whose = f"rig {command.rig}" if command.rig else "the town"
        return Rejected(f"{whose} has no policy of its own", "see them: gt policy list", "unknown")
    return (Change(Entity(policy.KIND, key), PolicyDropped()),)


def evolve_policy(state: Mayor, key: str, event: PolicyEvent) -> Mayor:
    match event:
        case PolicySet():
            policies = state.policies.set(key, event.policy)
        case PolicyDropped():
            policies = state.policies.delete(key)
    return msgspec.structs.replace(state, policies=policies)
