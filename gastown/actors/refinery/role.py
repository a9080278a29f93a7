"""The Refinery as the kernel sees it."""

from collections.abc import Callable
from typing import Any

from gastown.actors.commands import refinery as told
from gastown.actors.commands.command import Command, Owner
from gastown.actors.effects import Effect
from gastown.actors.kernel.role import Change, Decision, Parked
from gastown.actors.refinery import owed, rules
from gastown.actors.refinery.state import Refinery, evolve, park

RULES: dict[type[Command], Callable[[Refinery, Any], Decision]] = {
    told.Submit: rules.submit,
    told.Approve: rules.approve,
    told.WithdrawSubmission: rules.withdraw,
    told.HoldQueue: rules.hold_queue,
    told.RetryProof: rules.retry_proof,
    told.ReportProven: rules.report_proven,
    told.ReportConflicted: rules.report_conflicted,
    told.ReportRed: rules.report_red,
    told.ReportBroke: rules.report_broke,
    told.ReportLanding: rules.report_landing,
    told.ReportOvertaken: rules.report_overtaken,
    told.ReportRaced: rules.report_raced,
    told.ReportLandingRefused: rules.report_landing_refused,
    told.ReportProposed: rules.report_proposed,
    told.SettleSubmission: rules.settle,
}


class RefineryRole:
    name = "refinery"
    states = Refinery

    def initial(self, owner: Owner) -> Refinery:
        return Refinery(rig=owner.id)

    def decide(self, state: Refinery, command: Command) -> Decision:
        return RULES[type(command)](state, command)

    def evolve(self, state: Refinery, change: Change) -> Refinery:
        return evolve(state, change)

    def due(self, state: Refinery) -> tuple[Effect, ...]:
        return owed.due(state)

    def park(self, state: Refinery, parked: Parked) -> Refinery:
        return park(state, parked)

    def is_over(self, state: Refinery) -> bool:
        del state
        return False


ROLE = RefineryRole()
