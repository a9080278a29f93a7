"""What the Mayor is told of agents' checks."""

from gastown.actors.commands.command import Command
from gastown.events.ids import AgentName


class ReportAgentCheck(Command, tag="mayor.report_agent_check", frozen=True, kw_only=True):
    """A person had it tried. trouble: "" when it passed. version: of its program."""

    agent: AgentName
    trouble: str = ""
    version: str = ""
