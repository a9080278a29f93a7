from collections.abc import Callable
from typing import Any

import msgspec

from gastown.events.agent import AgentAdded, AgentRemoved, AgentSpec
from gastown.events.escalation import EscalationClosed, EscalationRaised
from gastown.events.hold import TownFreed, TownHeld
from gastown.events.ids import Entity
from gastown.events.rig import RigAdded, RigChanged, RigConfig, RigFreed, RigHeld, RigRemoved
from gastown.events.settings import DEFAULTS, SettingChanged
from gastown.events.target import QueuePaused, QueueResumed, TargetMoved
from gastown.events.town import TownWanted
from gastown.projections import accounts, definitions, escalations, requests, rigs, town
from gastown.projections.kernel.store import Store
from gastown.projections.rfc3339 import utc

See = Callable[[], Store]

CONFIG = RigConfig(origin="/srv/lib.git", target="main", landing="main", prefix="li")


def test_a_rig_shows_its_settings_and_gives_them_back_as_they_were(tale: Any, seen: See) -> None:
    tale.tell("rig", "lib", RigAdded(config=CONFIG))
    changed = msgspec.structs.replace(CONFIG, setup="make deps", transport=(("http.proxy", "p"),))
    tale.tell("rig", "lib", RigChanged(config=changed))
    shown = rigs.show(seen(), "lib")
    assert shown
    assert (shown["name"], shown["state"], shown["origin"], shown["setup"]) == (
        "lib",
        "active",
        "/srv/lib.git",
        "make deps",
    )
    assert rigs.config(seen(), "lib") == changed
    assert [one["name"] for one in rigs.listing(seen())] == ["app", "lib"]


def test_a_removed_rig_is_gone_and_may_come_back_new(tale: Any, seen: See) -> None:
    tale.tell("rig", "lib", RigAdded(config=CONFIG))
    tale.tell("rig", "lib", RigHeld(cause="estop", depth="stop", reason="x"))
    tale.tell("rig", "lib", RigRemoved())
    assert rigs.show(seen(), "lib") is None
    assert rigs.config(seen(), "lib") is None
    tale.tell("rig", "lib", RigAdded(config=CONFIG))
    again = rigs.show(seen(), "lib")
    assert again
    assert again["state"] == "active"


def test_a_rig_is_paused_by_a_person_or_by_its_queue_and_says_why(tale: Any, seen: See) -> None:
    def standing() -> tuple[str, list[tuple[str, str]]]:
        shown = rigs.show(seen(), "app")
        assert shown
        return shown["state"], [(one["reason"], one["hint"]) for one in shown["holds"]]

    tale.tell("target", "app", QueuePaused(reason="gate broke", hint="gt rig check app"))
    assert standing() == ("paused", [("gate broke", "gt rig check app")])
    tale.tell("rig", "app", RigHeld(cause="pause", depth="pause", reason="holiday"))
    assert standing() == ("paused", [("holiday", "")])
    tale.tell("rig", "app", RigFreed(cause="pause"))
    assert standing() == ("paused", [("gate broke", "gt rig check app")])
    tale.tell("target", "app", QueueResumed())
    assert standing() == ("active", [])


def test_every_hold_is_shown_with_who_why_and_since_when_the_deepest_first(tale: Any, seen: See) -> None:
    tale.tell("hold", "town", TownHeld(cause="disk", depth="intake", reason="9 MB left"))
    tale.tell("rig", "app", RigHeld(cause="pause", depth="pause", reason="holiday", hint="gt rig resume app"))
    moment = utc(tale.events[-1].envelope.time)
    shown = rigs.show(seen(), "app")
    assert shown
    assert (shown["state"], [one["cause"] for one in shown["holds"]]) == ("paused", ["pause", "disk"])
    assert shown["holds"][0] == {
        "rig": "app",
        "cause": "pause",
        "depth": "pause",
        "reason": "holiday",
        "hint": "gt rig resume app",
        "by": tale.events[-1].envelope.actor,
        "since": moment,
    }
    tale.tell("rig", "app", RigHeld(cause="estop", depth="stop", reason="fire"))
    assert [one["cause"] for one in town.status(seen())["holds"]] == ["estop", "pause", "disk"]
    for cause in ("estop", "pause"):
        tale.tell("rig", "app", RigFreed(cause=cause))
    assert [one["state"] for one in rigs.listing(seen())] == ["full"]
    tale.tell("hold", "town", TownFreed(cause="disk"))
    assert town.status(seen())["holds"] == []


def test_a_target_that_someone_else_rewrote_is_shown(tale: Any, seen: See) -> None:
    tale.tell("target", "app", TargetMoved(old="1" * 40, new="2" * 40, rewritten=True))
    shown = rigs.show(seen(), "app")
    assert shown
    assert (shown["target_moved_to"], shown["target_rewritten"]) == ("2" * 40, True)
    assert shown["target_moved_at"] == "2023-11-14T22:13:25.000Z"


def agent(tale: Any, name: str, *, default: bool = False) -> None:
    spec = AgentSpec(name=name, vendor="shell", command="true", env=(("A", "1"), ("HOME_OF_HOST", None)))
    tale.tell("agent", name, AgentAdded(spec=spec, default=default))


def test_agents_and_which_one_is_the_default(new_tale: Any, views: Any) -> None:
    tale = new_tale()
    defaults: list[str] = []

    def look() -> None:
        with views(tale.messages) as store:
            defaults.append(definitions.specs(store)[1])

    agent(tale, "a")
    look()  # the first one is, unless it is said otherwise
    agent(tale, "b")
    look()
    agent(tale, "c", default=True)
    look()
    tale.tell("agent", "c", AgentRemoved())
    look()  # nobody took its place
    agent(tale, "d")
    look()
    assert defaults == ["a", "a", "c", "", "d"]
    with views(tale.messages) as store:
        assert [(one["name"], one["default"]) for one in definitions.agents(store)] == [
            ("a", False),
            ("b", False),
            ("d", True),
        ]
        assert definitions.agents(store)[0] == {
            "name": "a",
            "vendor": "shell",
            "command": "true",
            "model": "",
            "arguments": [],
            "env": {"A": "1", "HOME_OF_HOST": None},
            "timeout": 7200.0,
            "turn_cost": None,
            "tells_usage": False,
            "sandbox": "",
            "reads": [],
            "writes": [],
            "accounts": [accounts.standing(store, "agent.a")],
            "fallbacks": [],
            "default": False,
            "throttled": None,
            "unfit": None,
        }


def test_settings_have_their_defaults_until_they_are_changed(tale: Any, seen: See) -> None:
    assert definitions.settings(seen()) == DEFAULTS
    tale.tell("settings", "town", SettingChanged(name="max_polecats", value=3))
    tale.tell("settings", "town", SettingChanged(name="max_polecats", value=4))
    assert definitions.settings(seen()) == DEFAULTS | {"max_polecats": 4}


def test_open_escalations_the_worst_first(tale: Any, seen: See) -> None:
    about = Entity("bead", "ap-1")
    for key, severity in (("low", "low"), ("high", "high"), ("worst", "critical"), ("high-2", "high")):
        tale.asked(key, about, severity)
    tale.tell("escalation", "high", EscalationClosed(how="retried"))
    assert [one["id"] for one in escalations.listing(seen())] == ["worst", "high-2", "low"]
    *_, closed = escalations.listing(seen(), closed_too=True)
    assert closed == {
        "id": "high",
        "kind": "bead",
        "about": "ap-1",
        "severity": "high",
        "reason": "stuck",
        "hint": "gt retry",
        "state": "closed",
        "raised_at": "2023-11-14T22:13:26.000Z",
        "closed_at": "2023-11-14T22:13:29.000Z",
        "acked_at": None,
        "acked_by": "",
        "how": "retried",
    }
    tale.tell("escalation", "high", EscalationRaised(about=about, severity="low", reason="again"))
    assert [one["id"] for one in escalations.listing(seen())] == ["worst", "high-2", "low", "high"]


def test_status_tells_the_town_in_one_page(tale: Any, seen: See) -> None:
    tale.whole_life("ap-1")
    tale.created("ap-2")
    tale.slung("ap-2")
    tale.started("ap-2", name="nux")
    page = town.status(seen())
    assert {name: page[name] for name in ("town", "incarnation", "state", "position", "events", "installed_at")} == {
        "town": "springfield",
        "incarnation": "01J",
        "state": "up",
        "position": len(tale.messages),
        "events": len(tale.events),
        "installed_at": "2023-11-14T22:13:21.000Z",
    }
    assert page["counts"] == {
        "beads": {"landed": 1, "running": 1},
        "convoys": {"done": 1, "open": 1},
        "sessions": 2,
        "running": 1,
        "queued": 0,
        "escalations": 0,
    }
    assert [one["name"] for one in page["rigs"]] == ["app"]
    assert [(one["name"], one["state"]) for one in page["polecats"]] == [("nux", "working"), ("toast", "idle")]
    assert page["queue"] == []
    tale.tell("town", "town", TownWanted(state="down"))
    assert town.show(seen())["state"] == "down"


def test_an_empty_store_still_has_a_page(new_tale: Any, views: Any) -> None:
    with views([]) as store:
        page = town.status(store)
    assert (page["town"], page["state"], page["position"], page["rigs"]) == ("", "", 0, [])


def test_all_that_took_part_in_a_request_is_found_by_its_trace(new_tale: Any, views: Any) -> None:
    tale = new_tale()
    tale.founding()
    tale.created("ap-1")
    tale.slung("ap-1", trace="first")
    tale.created("ap-2")
    tale.slung("ap-2", trace="second")
    tale.started("ap-1", trace="first")
    with views(tale.messages) as store:
        assert requests.entities(store, "first") == [
            Entity("convoy", "cv-ap-1"),
            Entity("bead", "ap-1"),
            Entity("polecat", "app.toast"),
            Entity("session", "ap-1-1"),
        ]
        assert requests.entities(store, "nonsense") == []
