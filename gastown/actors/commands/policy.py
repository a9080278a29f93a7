"""What the Mayor can be told about policies."""

from gastown.actors.commands.command import Command
from gastown.events.ids import RigName
from gastown.events.policy import Policy


class SetPolicy(Command, tag="mayor.set_policy", frozen=True, kw_only=True):
    """rig "": the town's."""

    policy: Policy
    rig: RigName = ""


class DropPolicy(Command, tag="mayor.drop_policy", frozen=True, kw_only=True):
    """rig "": the town's."""

    rig: RigName = ""


PolicyCommand = SetPolicy | DropPolicy
