"""What Claude Code, Codex and pi really said, understood; and what we say to them, as it was when it was recorded."""

import pytest
from replay import VENDORS, Replay, names

from gastown.adapters.agents.told import (
    ContextTold,
    ConversationOpened,
    MessageRefused,
    MessageTaken,
    PermissionAsked,
    Retrying,
    TextSaid,
    ToolBegan,
    ToolEnded,
    TurnEnded,
)
from gastown.events.turn import Usage

ALL = [(vendor, name) for vendor in VENDORS for name in names(vendor)]
CALL = {
    "claude": Usage(fresh=900, cache_read=200, output=50, cost=0.00351),
    "codex": Usage(fresh=900, cache_read=200, output=50),
    "pi": Usage(fresh=900, cache_read=200, output=50, cost=0.00351),
}
"""One answer of the model, as the model API of the tests counts it; each vendor tells it in its own way."""


def same(usage: Usage | None, *calls: Usage) -> bool:
    total = sum(calls[1:], calls[0])
    if usage is None:
        return False
    if total.cost is not None and usage.cost is not None:
        assert usage.cost == pytest.approx(total.cost)
    elif total.cost != usage.cost:
        return False
    return (usage.fresh, usage.cache_read, usage.cache_write, usage.output) == (
        total.fresh,
        total.cache_read,
        total.cache_write,
        total.output,
    )


@pytest.mark.parametrize(("vendor", "name"), ALL)
def test_we_say_what_was_said_then_and_each_turn_ends_once(vendor: str, name: str) -> None:
    play = Replay(vendor, name)
    turns = 2 if name in ("cancel", "permission") else 1

    assert play.said == play.wanted
    assert len(play.all(TurnEnded)) == turns


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_turn_with_a_tool(vendor: str) -> None:
    play = Replay(vendor, "commit")
    opened, taken, began, ended = play.all(ConversationOpened, MessageTaken, ToolBegan, ToolEnded)
    [turn] = play.all(TurnEnded)

    assert opened.id
    assert taken == MessageTaken(id="brief")
    assert "git commit" in began.title
    assert ended == ToolEnded(id=began.id, ok=True)
    assert (turn.end, turn.text, turn.denied) == ("done", "DONE one", ())
    assert "".join(said.text for said in play.all(TextSaid)) == "DONE one"
    assert same(turn.usage, CALL[vendor], CALL[vendor])
    assert play.all(ContextTold)[-1].used in (1100, 1150)  # with what the model wrote, or without


@pytest.mark.parametrize("vendor", VENDORS)
def test_going_on_counts_this_turn_alone(vendor: str) -> None:
    [turn] = Replay(vendor, "resume").all(TurnEnded)

    assert turn.end == "done"
    assert same(turn.usage, CALL[vendor])


@pytest.mark.parametrize("vendor", ["claude", "codex"])
def test_a_copy_is_another_conversation(vendor: str) -> None:
    [copied], [original] = (Replay(vendor, name).all(ConversationOpened) for name in ("fork", "resume"))

    assert copied.id != original.id


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_message_within_the_turn_is_taken_and_the_turn_ends_once(vendor: str) -> None:
    play = Replay(vendor, "steer")
    kinds = [type(event) for event in play.all(MessageTaken, ToolBegan, TurnEnded)]

    assert [taken.id for taken in play.all(MessageTaken)] == ["brief", "m1"]
    assert kinds == [MessageTaken, ToolBegan, MessageTaken, TurnEnded]


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_cancelled_turn_is_paid_for_and_it_goes_on(vendor: str) -> None:
    play = Replay(vendor, "cancel")
    cancelled, after = play.all(TurnEnded)

    assert (cancelled.end, cancelled.failure) == ("cancelled", None)
    assert (after.end, after.text) == ("done", "DONE after")
    assert same(cancelled.usage, CALL[vendor])
    assert same(after.usage, CALL[vendor])  # what the vendor counts goes on; this turn's is told


@pytest.mark.parametrize(("vendor", "tool"), [("claude", "Bash"), ("codex", "shell")])
def test_a_permission_is_given_and_refused(vendor: str, tool: str) -> None:
    play = Replay(vendor, "permission")
    allowed, refused = play.all(TurnEnded)

    assert [asked.tool for asked in play.all(PermissionAsked)] == [tool, tool]
    assert "echo x > g" in play.all(PermissionAsked)[0].detail
    assert [ended.ok for ended in play.all(ToolEnded)] == [True, False]
    assert (allowed.end, allowed.denied) == ("done", ())
    assert (refused.end, refused.denied) == ("done", (tool,))  # the model is told, and goes on


FAILURES = [
    ("error-400", "input", 400),
    ("error-401", "auth", 401),
    ("error-429", "rate_limit", 429),
    ("error-500", "server", 500),
    ("error-dropped", "server", None),
    ("resume-bad", "input", None),
]


@pytest.mark.parametrize(("name", "kind", "status"), FAILURES)
@pytest.mark.parametrize("vendor", VENDORS)
def test_what_goes_wrong_is_told_apart(vendor: str, name: str, kind: str, status: int | None) -> None:
    errors = {"pi": "No session found matching '11111111'\n"}.get(vendor, "") if name == "resume-bad" else ""
    play = Replay(vendor, name, errors=errors)
    [turn] = play.all(TurnEnded)

    assert turn.end == "failed"
    assert turn.failure.kind == kind
    assert turn.failure.message
    if vendor != "codex":  # it says so of some, in words
        assert turn.failure.status == status


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_conversation_that_is_not_there_takes_no_message(vendor: str) -> None:
    play = Replay(vendor, "resume-bad")

    assert play.all(MessageTaken, ConversationOpened) == []
    assert [refused.id for refused in play.all(MessageRefused)] == (["brief"] if vendor == "codex" else [])


WAITS = {"claude": (0.5, 6.0), "codex": (0.0, 0.0), "pi": (2.0, 8.0)}


@pytest.mark.parametrize(("name", "kind"), [("error-429", "rate_limit"), ("error-500", "server")])
@pytest.mark.parametrize("vendor", VENDORS)
def test_each_new_try_is_told(vendor: str, name: str, kind: str) -> None:
    tries = Replay(vendor, name).all(Retrying)
    least, most = WAITS[vendor]

    assert len(tries) >= 3
    assert {one.failure.kind for one in tries} == {kind}
    assert all(least <= one.delay <= most for one in tries)


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_limit_that_passes_is_no_failure(vendor: str) -> None:
    [turn] = Replay(vendor, "error-429-twice").all(TurnEnded)

    assert (turn.end, turn.text, turn.failure) == ("done", "DONE late", None)
