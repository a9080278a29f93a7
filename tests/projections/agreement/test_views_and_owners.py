"""What the views show is what the owners themselves know, whatever happens: the real roles in a random world."""

from collections.abc import Callable
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gastown.actors.commands import mayor
from gastown.actors.commands.command import Owner
from gastown.actors.mayor import purse
from gastown.actors.mayor.phases import Blocked, Landed, Open, Slung, Submitted, Working
from gastown.actors.polecat.state import Live
from gastown.actors.refinery.state import Over
from gastown.events.hold import deepest
from gastown.events.session import SessionOpened
from gastown.projections import (
    agents,
    beads,
    budgets,
    convoys,
    definitions,
    holds,
    merge_queue,
    rigs,
    sessions,
)
from gastown.projections.kernel.store import Store
from gastown.projections.ready import ready
from gastown.projections.views import fingerprint

Choose: TypeAlias = Callable[[list[Any]], Any]

STEPS = 120
PHASES = {"Queued": {"queued", "refused"}, "Waiting": {"broke"}, "Held": {"held"}, "Landing": {"landing"}}
PHASES |= {"Proposing": {"proven"}, "Proposed": {"proposed"}}


def state_of(phase: Any) -> str:
    match phase:
        case Open():
            return "open"
        case Slung() | Working(started=False):
            return "slung"
        case Working():
            return "running"
        case Submitted():
            return "submitted"
        case Blocked(escalated=escalated):
            return "escalated" if escalated else "blocked"
        case Landed():
            return "landed"
        case _:
            return "closed"


def check_mayor(store: Store, state: Any) -> None:
    shown = {one["id"]: one for one in beads.listing(store)}
    assert {key: one["state"] for key, one in shown.items()} == {
        key: state_of(one.phase) for key, one in state.beads.items()
    }
    assert {key: (one["priority"], one["attempts"]) for key, one in shown.items()} == {
        key: (one.priority, one.sessions) for key, one in state.beads.items()
    }
    done = {key for key, one in state.beads.items() if state_of(one.phase) in ("landed", "closed")}
    could = [key for key, one in state.beads.items() if isinstance(one.phase, Open) and done >= set(one.needs)]
    by_rank = sorted(could, key=lambda key: (state.beads[key].priority, state.beads[key].age))
    assert [one["id"] for one in ready(store)] == by_rank
    assert {one["id"]: one["state"] == "done" for one in convoys.listing(store)} == {
        key: one.done for key, one in state.convoys.items()
    }
    assert definitions.specs(store) == (dict(state.agents), state.default_agent)


def check_money(store: Store, state: Any) -> None:
    shown = {one["scope"]: one for one in budgets.listing(store, state.money.today * 86_400.0)}
    assert {scope: one["amount"] for scope, one in shown.items()} == {
        scope: known.amount for scope, known in state.money.budgets.items()
    }
    for scope, one in shown.items():
        assert one["spent"] == pytest.approx(purse.spent(state, scope)), scope
        assert one["reserved"] == pytest.approx(purse.reserved(state, scope)), scope
        want = state.money.wants.get(scope)
        assert (one["reason"], one["hint"]) == ((want.reason, want.hint) if want else ("", ""))


def check_rig(store: Store, world: Any) -> None:
    queue = {key: one for key, one in world.refinery.queue.items() if not isinstance(one.phase, Over)}
    shown = merge_queue.queue(store)
    assert [one["submission"] for one in shown] == sorted(
        queue, key=lambda key: (queue[key].received.priority, queue[key].place)
    )
    for one in shown:
        assert one["state"] in PHASES[type(queue[one["submission"]].phase).__name__]
    busy = world.state(Owner("witness", "app")).busy
    assert {one["name"]: one["session"] for one in agents.polecats(store) if one["session"]} == {
        name: assigned.session for name, assigned in busy.items()
    }
    rig = rigs.show(store, "app")
    state = world.state(mayor.MAYOR)
    assert rig
    depth = deepest(depth for depth in (state.depth("app"), "pause" if world.refinery.paused else None) if depth)
    assert rig["state"] == (rigs.STATES[depth] if depth else "active")
    in_place = {("", cause) for cause in state.holds.now} | {("app", cause) for cause in state.rigs["app"].holds.now}
    assert {(hold["rig"], hold["cause"]) for hold in holds.all_of(store)} == in_place


def check_sessions(store: Store, world: Any) -> None:
    """Those that were opened; one that was stopped before that was never a session."""
    opened = {event.entity.id for event in world.tale.events if isinstance(event.envelope.data, SessionOpened)}
    shown = {one["id"]: one["state"] for one in sessions.listing(store)}
    assert shown.keys() == opened
    live = {owner.id for owner, state in world.states.items() if isinstance(state, Live)}
    assert {key for key, state in shown.items() if state != "ended"} == live


@settings(max_examples=60, deadline=None)
@given(choices=st.lists(st.integers(0, 2**16), min_size=STEPS, max_size=STEPS * 5), chunk=st.integers(1, 9))
def test_views_agree_with_their_owners_and_any_chunking_gives_the_same(
    new_world: Any, views: Any, choices: list[int], chunk: int
) -> None:
    world, rest = new_world(), iter(choices)

    def choose(options: list[Any]) -> Any:
        return options[next(rest, 0) % len(options)]

    for _ in range(STEPS):
        world.step(choose)
    messages = world.tale.messages
    with views(messages) as store, views(messages, chunk) as chunked:
        check_mayor(store, world.state(mayor.MAYOR))
        check_money(store, world.state(mayor.MAYOR))
        check_rig(store, world)
        check_sessions(store, world)
        assert fingerprint(store) == fingerprint(chunked)
