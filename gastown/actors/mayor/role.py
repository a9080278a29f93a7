"""The Mayor as the kernel sees it: each command to its rule, then what follows from any change."""

from collections.abc import Callable
from typing import Any

from gastown.actors.commands import abroad as of_abroad
from gastown.actors.commands import accounts as of_accounts
from gastown.actors.commands import budget as money
from gastown.actors.commands import gate as asked
from gastown.actors.commands import mayor as told
from gastown.actors.commands import membership as of_hub
from gastown.actors.commands import policy as policy_told
from gastown.actors.commands.command import Command, Owner
from gastown.actors.commands.fitness import ReportAgentCheck
from gastown.actors.commands.places import ReportPlace
from gastown.actors.effects import Effect
from gastown.actors.kernel.role import Change, Decision, Parked, Rejected
from gastown.actors.mayor import (
    accounts,
    agents,
    attempts,
    beads,
    budgets,
    fitness,
    gate,
    guests,
    handovers,
    hearing,
    holds,
    luggage,
    mail,
    membership,
    moved,
    owed,
    places,
    policies,
    rigs,
    settings,
    throttles,
    waiting_turns,
    watches,
    work,
)
from gastown.actors.mayor.evolve import evolve
from gastown.actors.mayor.parking import park
from gastown.actors.mayor.state import Mayor

RULES: dict[type[Command], Callable[[Mayor, Any], Decision]] = {
    told.CreateBead: beads.create_bead,
    told.UpdateBead: beads.update_bead,
    told.CloseBead: beads.close_bead,
    told.ReopenBead: beads.reopen_bead,
    told.OpenConvoy: beads.open_convoy,
    told.ExtendConvoy: beads.extend_convoy,
    told.SlingBeads: work.sling_beads,
    told.UnslingBead: work.unsling_bead,
    told.RetryBead: work.retry_bead,
    told.ReportStarted: attempts.report_started,
    told.ReportAttempt: attempts.report_attempt,
    asked.RequestTurn: gate.request_turn,
    asked.SettleTurn: gate.settle_turn,
    money.SetBudget: budgets.set_budget,
    money.DropBudget: budgets.drop_budget,
    money.BeginDay: budgets.begin_day,
    ReportAgentCheck: fitness.report_check,
    ReportPlace: places.report_place,
    told.ReportLanded: attempts.report_landed,
    told.ReportRefused: attempts.report_refused,
    told.AddRig: rigs.add_rig,
    told.ChangeRig: rigs.change_rig,
    told.RemoveRig: rigs.remove_rig,
    told.PlaceHold: holds.place_hold,
    told.LiftHold: holds.lift_hold,
    told.ReportDisk: holds.report_disk,
    told.MoveRig: moved.move_rig,
    told.ReportLandings: moved.report_landings,
    told.AddressBead: mail.address_bead,
    told.SettleBeadMail: mail.settle_bead_mail,
    told.ChangeSetting: settings.change_setting,
    told.ChangeTextSetting: settings.change_text_setting,
    of_hub.JoinHub: membership.join_hub,
    of_hub.LeaveHub: membership.leave_hub,
    of_hub.FenceTown: membership.fence_town,
    policy_told.SetPolicy: policies.set_policy,
    policy_told.DropPolicy: policies.drop_policy,
    of_abroad.HearHandover: hearing.hear_handover,
    of_abroad.HearWatch: watches.hear_watch,
    of_abroad.OfferBead: handovers.offer_bead,
    of_abroad.ExpireOffer: handovers.expire_offer,
    of_abroad.RecallBead: handovers.recall_bead,
    of_abroad.ReportCommits: luggage.report_commits,
    of_accounts.AddAgent: agents.add_agent,
    of_accounts.ChangeAgent: agents.change_agent,
    of_accounts.PreferAgent: agents.prefer_agent,
    of_accounts.RemoveAgent: agents.remove_agent,
    of_accounts.AddAccount: accounts.add_account,
    of_accounts.ChangeAccount: accounts.change_account,
    of_accounts.RemoveAccount: accounts.remove_account,
    of_accounts.OpenAccount: accounts.open_account,
    of_accounts.WakeAccount: throttles.wake_account,
    of_accounts.ReportProgress: throttles.report_progress,
    of_accounts.ReportDelay: throttles.report_delay,
}


class MayorRole:
    name = "mayor"
    states = Mayor

    def initial(self, owner: Owner) -> Mayor:
        del owner  # there is one
        return Mayor()

    def decide(self, state: Mayor, command: Command) -> Decision:
        decision = RULES[type(command)](state, command)
        if isinstance(decision, Rejected):
            return decision
        return self._with_consequences(state, decision) if decision else ()

    def _with_consequences(self, state: Mayor, decision: tuple[Change, ...]) -> tuple[Change, ...]:
        """Convoys may be done by it, who waits may go on, there may be room for the next beads, or no money for it."""
        state = self._after(state, decision)
        follow = work.completions(state, decision)
        follow += guests.follow(state, decision) + watches.follow(state, decision)
        follow += waiting_turns.go_on(self._after(state, follow))
        state = self._after(state, follow)
        if not state.money.budgets and not state.money.wants:
            return (*decision, *follow, *work.assignments(state))
        waiting = work.startable(state)
        assigned = work.assignments(state, waiting)
        begun = {change.entity.id for change in assigned}
        rest = {key: agent for key, agent in waiting.items() if key not in begun}
        return (*decision, *follow, *assigned, *budgets.wants(self._after(state, assigned), rest))

    def _after(self, state: Mayor, changes: tuple[Change, ...]) -> Mayor:
        for change in changes:
            state = evolve(state, change)
        return state

    def evolve(self, state: Mayor, change: Change) -> Mayor:
        return evolve(state, change)

    def due(self, state: Mayor) -> tuple[Effect, ...]:
        return owed.due(state)

    def park(self, state: Mayor, parked: Parked) -> Mayor:
        return park(state, parked)

    def is_over(self, state: Mayor) -> bool:
        del state
        return False


ROLE = MayorRole()
