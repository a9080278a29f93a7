"""What the Mayor is told of the machines on which sessions may run, and a session of the one that it ran on."""

from gastown.actors.commands.command import Command
from gastown.events.ids import HostName
from gastown.events.place import Standing


class ReportPlace(Command, tag="mayor.report_place", frozen=True, kw_only=True):
    """By the Deacon. See PlaceChanged."""

    host: HostName
    number: int
    standing: Standing
    epoch: int
    slots: int
