from collections.abc import Callable
from typing import Any

from gastown.events.agent import AgentAdded, AgentSpec
from gastown.events.bead import BeadBlocked
from gastown.events.budget import BudgetSet
from gastown.events.hold import TownHeld
from gastown.events.rig import RigHeld
from gastown.events.settings import SettingChanged
from gastown.projections.capacity import Beads, Money, capacity
from gastown.projections.kernel.store import Store

See = Callable[[], Store]
NOW = 1_700_000_500.0


def test_a_town_has_as_many_free_places_as_nobody_has_or_waits_for(tale: Any, seen: See) -> None:
    tale.founding()
    tale.tell("settings", "town", SettingChanged(name="max_polecats", value=4))
    tale.created("ap-1")
    tale.created("ap-2")
    tale.created("ap-3", "ap-2")
    tale.created("ap-4")
    tale.created("ap-5")
    tale.slung("ap-1", "ap-2", "ap-3")
    tale.started("ap-1")
    tale.tell("bead", "ap-5", BeadBlocked(reason="three failed runs", escalated=False))
    found = capacity(seen(), "b", NOW)
    assert (found.town, found.now, found.most, found.free) == ("b", 1, 4, 2)
    assert found.beads == Beads(ready=1, waiting=1, at_work=1, blocked=1)  # ap-3 waits for ap-2, not for a place
    assert ([rig.name for rig in found.rigs], found.agent, found.held) == (["app"], "sh", "")


def test_what_holds_a_town_or_a_rig_and_what_money_is_left(tale: Any, seen: See) -> None:
    tale.founding()
    tale.tell("agent", "cc", AgentAdded(spec=AgentSpec(name="cc", vendor="claude", accounts=("work",))))
    tale.tell("budget", "day", BudgetSet(amount=5.0, at=NOW))
    tale.tell("budget", "bead.ap-1", BudgetSet(amount=1.0, at=NOW))
    tale.tell("rig", "app", RigHeld(cause="pause", depth="pause", reason="denied"))
    found = capacity(seen(), "b", NOW)
    assert found.money == (Money(scope="day", left=5.0),)
    assert [rig.state for rig in found.rigs] == ["paused"]
    assert [(agent.name, agent.vendor, agent.out) for agent in found.agents] == [
        ("cc", "claude", ""),
        ("sh", "shell", ""),
    ]
    tale.tell("town", "town", TownHeld(cause="stop", depth="stop", reason="wrong branch"))
    assert capacity(seen(), "b", NOW).held == "wrong branch"
