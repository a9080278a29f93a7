"""What a session's Polecat is told about asks."""

from typing import TypeAlias

from gastown.actors.commands.command import Command
from gastown.events.ask import AskId
from gastown.events.ids import SessionId


class ReportAsk(Command, tag="polecat.report_ask", frozen=True, kw_only=True):
    """From the host: the policy wants a person to be asked. See AskRaised."""

    session: SessionId
    key: str
    turn: int
    tool: str
    title: str
    detail: str = ""


class AnswerAsk(Command, tag="polecat.answer_ask", frozen=True, kw_only=True):
    """`gt answer`. sender: who says so."""

    session: SessionId
    ask: AskId
    allow: bool
    reason: str = ""
    sender: str = ""


class ReportAnswered(Command, tag="polecat.report_answered", frozen=True, kw_only=True):
    """From the host: the agent has the answer; or, taken False, nobody waited for it any more."""

    session: SessionId
    ask: AskId
    taken: bool


AskCommand: TypeAlias = ReportAsk | AnswerAsk | ReportAnswered
