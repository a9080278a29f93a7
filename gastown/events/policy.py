"""Policies: what agents may use without asking, may not use, and have to ask a person for. Owner: the Mayor.

One for the town and one for each rig that needs its own, which then counts instead of the town's. Where there is none,
an agent may use all that its sandbox lets it.
"""

from typing import Literal, TypeAlias

import msgspec

from gastown.events.fact import Fact
from gastown.events.ids import RigName

KIND = "policy"
TOWN = "town"

Decision: TypeAlias = Literal["allow", "deny", "ask"]

Role: TypeAlias = Literal["polecat"]


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All that it names must match; "" matches everything. How: `gastown/adapters/permissions/rules.py`.

    roles: of whose agents; empty: of all.
    """

    decide: Decision
    tool: str = ""
    command: str = ""
    path: str = ""
    title: str = ""
    roles: tuple[Role, ...] = ()


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """The first rule that matches decides, else `default`.

    network: whether a sandbox with walls has one. unasking: what becomes of agents that cannot ask: they are refused,
    or let work without asking where walls hold them.
    """

    default: Literal["ask", "deny"] = "ask"
    rules: tuple[Rule, ...] = ()
    network: bool = True
    unasking: Literal["refuse", "walled"] = "refuse"


class PolicySet(Fact, tag="policy.set", frozen=True, kw_only=True):
    policy: Policy


class PolicyDropped(Fact, tag="policy.dropped", frozen=True, kw_only=True):
    pass


PolicyEvent: TypeAlias = PolicySet | PolicyDropped


def policy_id(rig: RigName) -> str:
    """Of the policy of this rig; "": of the town."""
    return f"rig.{rig}" if rig else TOWN


def rig_of(key: str) -> RigName:
    """Whose policy has this id; "": the town's."""
    return key.removeprefix("rig.") if key.startswith("rig.") else ""
