from collections.abc import Callable
from typing import Any

from gastown.events.ids import Entity
from gastown.events.session import DoneDeclared, SessionEnded, StopRequested
from gastown.events.target import QueuePaused
from gastown.projections import agents, sessions
from gastown.projections.kernel.store import Store

See = Callable[[], Store]


def everyone(store: Store) -> dict[str, str]:
    return {one["address"]: one["state"] for one in agents.listing(store)}


def test_the_roles_are_there_before_any_work(seen: See) -> None:
    assert everyone(seen()) == {"mayor": "idle", "deacon": "idle", "app/witness": "idle", "app/refinery": "idle"}


def test_a_polecat_at_work_is_shown_with_what_it_works_on(tale: Any, seen: See) -> None:
    tale.created("ap-1")
    tale.slung("ap-1")
    tale.started("ap-1")
    store = seen()
    assert agents.at_address(store, "app/polecats/toast") == {
        "address": "app/polecats/toast",
        "role": "polecat",
        "rig": "app",
        "name": "toast",
        "state": "working",
        "bead": "ap-1",
        "session": "ap-1-1",
        "agent": "sh",
        "host": "",
        "pid": 4001,
        "since": "2023-11-14T22:13:29.000Z",
        "last_outcome": None,
    }
    assert everyone(store) == {
        "mayor": "working",
        "deacon": "idle",
        "app/witness": "working",
        "app/refinery": "idle",
        "app/polecats/toast": "working",
    }


def test_every_row_has_the_fields_that_scripts_rely_on(tale: Any, seen: See) -> None:
    tale.whole_life("ap-1")
    for row in agents.listing(seen()):
        assert {"address", "role", "state", "bead", "session", "agent", "pid"} <= row.keys()


def test_a_polecat_from_place_to_rest(tale: Any, seen: See, new_tale: Any, views: Any) -> None:
    tale.created("ap-1")
    tale.slung("ap-1")
    tale.started("ap-1")
    tale.tell("session", "ap-1-1", StopRequested(reason="unslung"))
    tale.ended("ap-1", outcome="withdrawn")
    states: list[str] = []
    for until in range(1, len(tale.messages) + 1):
        with views(tale.messages[:until]) as store:
            states += [one["state"] for one in agents.polecats(store)][:1]
    assert list(dict.fromkeys(states)) == ["starting", "working", "stopping", "ended", "idle"]
    (free,) = agents.polecats(seen())
    assert (free["bead"], free["session"], free["agent"], free["pid"]) == (None, None, None, None)
    assert free["last_outcome"] == "withdrawn"


def test_who_waits_for_a_person_says_so(tale: Any, seen: See) -> None:
    tale.asked("ap-1.1", Entity("bead", "ap-1"))
    tale.tell("target", "app", QueuePaused(reason="gate broke"))
    states = everyone(seen())
    assert (states["deacon"], states["app/refinery"]) == ("waiting", "paused")


def test_agents_of_one_rig_only(tale: Any, seen: See) -> None:
    tale.founding("lib")
    tale.whole_life("ap-1")
    assert [one["address"] for one in agents.listing(seen(), "lib")] == ["lib/witness", "lib/refinery"]
    assert agents.at_address(seen(), "app/polecats/nobody") is None


def test_a_session_tells_how_it_began_and_ended(tale: Any, seen: See) -> None:
    tale.created("ap-1")
    tale.slung("ap-1")
    tale.started("ap-1")
    tale.tell("session", "ap-1-1", DoneDeclared(status="completed"))
    (running,) = sessions.listing(seen(), running=True)
    assert (running["state"], running["outcome"], running["done_status"]) == ("working", "", "completed")
    tale.ended("ap-1", kept="kept/ap-1-1", kept_commit="c" * 40, untracked=("a b", "c"), tail="boom", exit_code=3)
    ended = sessions.show(seen(), "ap-1-1")
    assert ended
    assert {name: ended[name] for name in ("state", "outcome", "reason", "kept", "untracked", "tail", "exit_code")} == {
        "state": "ended",
        "outcome": "failed",
        "reason": "exit 1",
        "kept": "kept/ap-1-1",
        "untracked": ["a b", "c"],
        "tail": "boom",
        "exit_code": 3,
    }
    assert (ended["rig"], ended["bead"], ended["number"], ended["address"]) == (
        "app",
        "ap-1",
        1,
        "app/polecats/toast",
    )
    assert (ended["opened_at"], ended["started_at"]) == ("2023-11-14T22:13:30.000Z", "2023-11-14T22:13:31.000Z")
    assert sessions.listing(seen(), running=True) == []
    assert [one["id"] for one in sessions.listing(seen(), "ap-1")] == ["ap-1-1"]
    assert sessions.show(seen(), "ap-1-2") is None


def test_a_session_told_to_stop_before_it_starts_still_says_why(tale: Any, seen: See) -> None:
    tale.created("ap-1")
    tale.slung("ap-1")
    tale.started("ap-1")
    tale.tell("session", "ap-1-1", StopRequested(reason="unslung"))
    stopping = sessions.show(seen(), "ap-1-1")
    assert stopping
    assert (stopping["state"], stopping["reason"]) == ("stopping", "unslung")


def test_a_session_that_was_stopped_before_it_was_opened_is_no_session(tale: Any, seen: See) -> None:
    tale.tell("session", "ap-1-1", StopRequested(reason="unslung", rig="app", bead="ap-1"))
    tale.tell("session", "ap-1-1", SessionEnded(outcome="withdrawn", reason="unslung"))
    assert sessions.listing(seen()) == []
