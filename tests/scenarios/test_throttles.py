"""Accounts whose API gives them nothing for now: who waits, goes first, goes on elsewhere, or needs a person."""

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

TALKER = f"acp:{sys.executable} {Path(__file__).with_name('talker.py')}"
COMMIT = "git add -A; git commit -qm 'Do the work'"
LIMIT = {"code": 429, "message": "Rate limit reached", "data": {"retryAfter": 1}}
MANY = 6


@pytest.fixture(scope="module")
def talking(town) -> Iterator[Any]:
    """The town, and two agents in it that take turns."""
    for name in ("talker", "second"):
        town.ask("agent", "add", name, "--vendor", TALKER, "--env", f"STORY={town.story}")
    town.ask("config", "set", "agent.polecat", "talker")
    return town


def refuse(town, bead: str, **error: Any) -> None:
    (town.story / f"{bead}.error").write_text(json.dumps(LIMIT | error))


def when(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["time"]).timestamp()


def turn(town, bead: str, number: int, script: str) -> None:
    (town.story / f"{bead}.{number}.sh").write_text(script)


def test_several_workers_ride_through_a_limit_of_their_account(talking, doors):
    town, rig = talking, talking.rig("app")
    beads = [rig.bead(f"Write {number}", "", "--priority", str(min(number, 4))) for number in range(MANY)]
    for bead in beads:
        refuse(town, bead, before=doors.make(f"{bead}-refused"))
        turn(town, bead, 1, f"cat > {bead}; {COMMIT}")
    turn(town, beads[0], 1, f"{doors.make('first')}; cat > first; {COMMIT}")
    rig.sling(*beads)
    for bead in beads:  # all of them are within their first turn, when the limit is reached
        doors.reached(f"{bead}-refused")
    for bead in beads:
        doors.open(f"{bead}-refused")

    doors.reached("first")
    town.lands(*beads[1:])  # they have followed one that is still within its turn
    doors.open("first")
    town.lands(beads[0])

    assert [town.sessions(bead) for bead in beads] == [[]] * MANY
    assert {town.show(bead)["attempts"] for bead in beads} == {1}
    story = [event for event in town.events() if event["type"].startswith(("account.", "bead.turn_p"))]
    said = [event["type"] for event in story]
    assert said.count("bead.turn_postponed") == MANY
    assert "bead.turn_permitted" not in said[: said.index("account.rested")]
    since = said[said.index("account.rested") :]
    assert since[:4] == ["account.rested", "account.tried", "bead.turn_permitted", "account.freed"]
    assert since[4:] == ["bead.turn_permitted"] * (MANY - 1)
    tried = next(event for event in story if event["type"] == "account.tried")
    assert tried["data"]["session"] == f"{beads[0]}-1"
    throttled = [event for event in story if event["type"] == "account.throttled"]
    assert when(tried) >= throttled[-1]["data"]["until"]
    assert "Your turn was cut off" in rig.content("first")
    report(town, story, beads)


def report(town, story: list[dict[str, Any]], beads: list[str]) -> None:
    """What this costs, for who runs it with -s."""
    first = {event["type"]: when(event) for event in reversed(story)}
    last = max(when(event) for bead in beads for event in town.events("--entity", bead))
    refused = sum(event["type"] == "account.throttled" for event in story)
    print(  # noqa: T201
        f"\n{len(beads)} workers, {refused} notes of one limit;"
        f" tried {first['account.tried'] - first['account.rested']:.3f} s after the time had come,"
        f" freed after {first['account.freed'] - first['account.tried']:.3f} s,"
        f" all landed {last - first['account.freed']:.1f} s later"
    )


def test_a_fallback_goes_on_with_what_was_committed(talking):
    town, rig = talking, talking.rig("bun")
    town.ask("agent", "set", "talker", "--fallback", "second")
    bead = rig.bead("Write it", "")
    later = json.dumps(LIMIT | {"data": {"retryAfter": 3600}})
    first = f"echo one > one; {COMMIT}; echo '{later}' > $STORY/{bead}.error; echo two >> one"
    turn(town, bead, 1, f"if [ $GT_AGENT = talker ]; then {first}; else cat > told; {COMMIT}; fi")
    rig.sling(bead)
    town.lands(bead)

    assert [(outcome, charge) for outcome, charge, _ in town.sessions(bead)] == [("throttled", "none")]
    assert rig.content("one") == "one"
    assert town.show(bead)["agent"] == "second"
    (talker,) = [one for one in town.ask("agent", "list") if one["name"] == "talker"]
    assert talker["throttled"]["reason"] == "Rate limit reached"
    assert [one["account"] for one in town.ask("status")["accounts"]] == ["agent.talker"]
    assert "agent.talker is given nothing until" in town.run("status").stdout
    town.ask("account", "ok", "talker")
    town.ask("agent", "set", "talker", "--fallback", "")


def test_an_account_that_wants_a_login_waits_for_a_person_and_then_goes_on(talking):
    town, rig = talking, talking.rig("cup")
    town.ask("account", "add", "work", "--vendor", TALKER, "--env", "KEY=-", stdin="of work")
    town.ask("agent", "set", "talker", "--account", "work")
    bead = rig.bead("Write it", "")
    refuse(town, bead, code=-32000, message="Authentication required", data=None)
    turn(town, bead, 1, f"echo $KEY > key; {COMMIT}")
    rig.sling(bead)
    needs = town.sticks(bead)[bead]
    assert needs["reason"] == "account work wants a login: Authentication required"
    assert needs["hint"].endswith("gt account ok work")
    (asks,) = [one for one in town.ask("escalations") if one["kind"] == "account"]
    assert asks["hint"].endswith("gt account ok work")
    town.ask("account", "ok", "work")
    town.lands(bead)
    assert rig.content("key") == "of work"
    assert [(outcome, charge) for outcome, charge, _ in town.sessions(bead)] == [("agent_broke", "none")]
    assert "of work" not in str(town.events())
