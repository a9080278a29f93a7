"""What the Deacon is told of lost towns. of: the incarnation of the lost one."""

from typing import TypeAlias

from gastown.actors.commands.command import Command
from gastown.events.adoption import Outcome
from gastown.events.ids import TownName


class ReportTownLost(Command, tag="deacon.report_town_lost", frozen=True, kw_only=True):
    """quiet: seconds, as its hub counts them. It is to be adopted."""

    town: TownName
    of: str
    quiet: float


class ReportAdoption(Command, tag="deacon.report_adoption", frozen=True, kw_only=True):
    """See AdoptionEnded. remark: what a person is to know or do about it. hint: the command that moves it."""

    of: str
    number: int
    outcome: Outcome
    reason: str = ""
    folder: str = ""
    epoch: int = 0
    remark: str = ""
    hint: str = ""


AdoptionCommand: TypeAlias = ReportTownLost | ReportAdoption
