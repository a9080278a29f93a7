"""Asks: what a session's agent may not use before a person has said so. Owner: the session's Polecat."""

from typing import TypeAlias

from gastown.events.fact import Fact
from gastown.events.ids import SessionId

AskId: TypeAlias = str  # "<session>.<n>"


class AskRaised(Fact, tag="session.ask_raised", frozen=True, kw_only=True):
    """Its agent waits for an answer. key: by which its host knows it. tool, title: in its vendor's words.

    detail: what the tool is given, as JSON, as far as there is room. turn: within which it is asked.
    """

    ask: AskId
    key: str
    tool: str
    title: str
    detail: str = ""
    turn: int = 1


class AskAnswered(Fact, tag="session.ask_answered", frozen=True, kw_only=True):
    ask: AskId
    allow: bool
    reason: str = ""


class AskClosed(Fact, tag="session.ask_closed", frozen=True, kw_only=True):
    """Nobody waits any more: its agent has the answer, or is gone, or its turn is over. how: which."""

    ask: AskId
    how: str


AskEvent: TypeAlias = AskRaised | AskAnswered | AskClosed


def session_of(ask: AskId) -> SessionId:
    """ "" for what is no id of an ask."""
    return ask.rpartition(".")[0]
