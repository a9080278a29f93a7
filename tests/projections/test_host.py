from collections.abc import Callable
from typing import Any

from gastown.events.agent import AgentSpec
from gastown.events.host import (
    HostAdmitted,
    HostArrived,
    HostEnded,
    HostInvited,
    HostLeft,
    HostLost,
    HostReturned,
    HostRevoked,
    HostSilent,
    HostTakenDown,
)
from gastown.events.session import SessionEnded, SessionOpened
from gastown.projections import host, sessions, town
from gastown.projections.kernel.store import Store


def test_the_host_is_the_last_that_arrived(tale: Any, seen: Callable[[], Store]) -> None:
    assert host.show(seen()) is None
    tale.tell("host", "host", HostArrived(host="a", machine="here", epoch=1))
    tale.tell("host", "host", HostArrived(host="b", machine="there", epoch=2))
    shown = host.show(seen())
    assert shown is not None
    assert (shown["host"], shown["machine"], shown["epoch"], shown["silent_since"]) == ("b", "there", 2, None)
    assert town.status(seen())["host"] == shown


def test_silence_is_shown_until_it_is_heard_again_or_succeeded(tale: Any, seen: Callable[[], Store]) -> None:
    tale.tell("host", "host", HostArrived(host="a", machine="here", epoch=1))
    for end in (HostReturned(host="a", epoch=1), HostArrived(host="b", machine="here", epoch=2)):
        tale.tell("host", "host", HostSilent(host="a", epoch=1, seconds=15))
        assert (host.show(seen()) or {})["silent_since"] is not None
        tale.tell("host", "host", end)
        assert (host.show(seen()) or {})["silent_since"] is None


def test_those_on_other_machines_are_listed_as_they_stand(tale: Any, seen: Callable[[], Store]) -> None:
    tale.tell("host", "host", HostArrived(host="a", machine="here", epoch=1))
    tale.tell("host", "east", HostInvited(invitation="i", digest="d", expires=2e9, slots=3))
    assert [(one["name"], one["state"], one["slots"]) for one in host.listing(seen())] == [("east", "invited", 3)]
    states: list[str] = []
    for event in (
        HostAdmitted(invitation="i", key="k"),
        HostArrived(host="b", machine="there", epoch=1, slots=2),
        HostSilent(host="b", epoch=1, seconds=15),
        HostReturned(host="b", epoch=1),
        HostLost(host="b", epoch=1, seconds=120),
        HostArrived(host="c", machine="there", epoch=2, slots=2),
        HostTakenDown(host="c", epoch=2),
        HostEnded(host="c", epoch=2),
        HostLeft(),
        HostRevoked(by="overseer"),
    ):
        tale.tell("host", "east", event)
        (one,) = host.listing(seen())
        states.append(one["state"])
        assert (host.up(seen()), host.slots(seen())) == ((["east"], 2) if one["state"] == "up" else ([], 0))
    assert states == ["awaited", "up", "silent", "up", "lost", "up", "closing", "down", "left", "revoked"]
    assert (host.show(seen()) or {})["host"] == "a"


def test_what_runs_there_and_what_does_not_begin_there(tale: Any, seen: Callable[[], Store]) -> None:
    tale.tell("host", "east", HostArrived(host="b", machine="there", epoch=1, slots=2))
    shell = AgentSpec(name="sh", vendor="shell")
    for number, outcome in enumerate(("setup_broke", "agent_unfit", "failed", ""), start=1):
        opened = SessionOpened(
            rig="app",
            bead="ap-1",
            number=number,
            polecat="toast",
            agent=shell,
            host="east",
        )
        tale.tell("session", f"ap-1-{number}", opened)
        if outcome:
            tale.tell("session", f"ap-1-{number}", SessionEnded(outcome=outcome, reason=f"{outcome}, it said"))
    (one,) = host.listing(seen())
    assert one["sessions"] == 1
    assert one["cannot"] == [
        {"rig": "", "agent": "sh", "reason": "agent_unfit, it said"},
        {"rig": "app", "agent": "", "reason": "setup_broke, it said"},
    ]
    assert sessions.host_of(seen(), "ap-1-1") == "east"
    assert sessions.host_of(seen(), "ap-9-1") == ""
