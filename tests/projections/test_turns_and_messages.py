from typing import Any

from gastown.events import turn
from gastown.events.agent import AgentSpec
from gastown.events.session import SessionOpened
from gastown.events.turn import Failure, Usage
from gastown.projections import messages, sessions, turns

S = "ap-1-1"
BROKEN = Failure(kind="server", message="overloaded", status=529)
SPEC = AgentSpec(name="cc", vendor="claude", model="large")


def test_a_turn_is_shown_with_what_it_used(tale: Any, seen: Any) -> None:
    used = Usage(fresh=900, cache_read=200, cache_write=10, output=50, cost=0.25)
    tale.tell("session", S, turn.TurnEnded(number=1, end="done", text="so be it", usage=used, seconds=3.0))
    tale.tell("session", S, turn.TurnEnded(number=2, end="failed", failure=BROKEN))
    one, two = turns.of_session(seen(), S)
    assert (one["fresh"], one["cache_read"], one["cache_write"], one["output"], one["cost"]) == (900, 200, 10, 50, 0.25)
    assert (one["end"], one["text"], one["told"], one["seconds"]) == ("done", "so be it", True, 3.0)
    assert (two["end"], two["failure"], two["status"], two["told"], two["cost"]) == (
        "failed",
        "server",
        529,
        False,
        None,
    )


def test_a_message_waits_until_the_agent_has_taken_it(tale: Any, seen: Any) -> None:
    tale.tell("session", S, turn.MessageQueued(message="m1", text="look", sender="overseer", urgent=True))
    tale.tell("session", S, turn.MessageQueued(message="m2", text="and", sender="overseer"))
    tale.tell("session", S, turn.MessageDeferred(message="m1", reason="it cannot be steered"))
    tale.tell("session", S, turn.MessagesTaken(messages=("m1",)))
    one, two = messages.of_session(seen(), S)
    assert (one["id"], one["urgent"], one["deferred"]) == ("m1", True, "it cannot be steered")
    assert one["taken_at"] is not None
    assert two["taken_at"] is None


def test_a_session_shows_its_model_and_conversation(tale: Any, seen: Any) -> None:
    tale.tell("session", S, SessionOpened(rig="app", bead="ap-1", number=1, polecat="nux", agent=SPEC))
    tale.tell("session", S, turn.ConversationOpened(conversation="c-1"))
    shown = sessions.show(seen(), S)
    assert shown is not None
    assert (shown["conversation"], shown["model"]) == ("c-1", "large")
