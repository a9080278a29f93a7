"""What the Mayor is told about money."""

from typing import TypeAlias

from gastown.actors.commands.command import Command
from gastown.events.budget import Scope


class SetBudget(Command, tag="mayor.set_budget", frozen=True, kw_only=True):
    """amount: USD. at: seconds since the epoch."""

    scope: Scope
    amount: float
    at: float


class DropBudget(Command, tag="mayor.drop_budget", frozen=True, kw_only=True):
    scope: Scope


class BeginDay(Command, tag="mayor.begin_day", frozen=True, kw_only=True):
    """From herself: a day is over on which money was spent. day: the new one, since the epoch, UTC."""

    day: int


BudgetCommand: TypeAlias = SetBudget | DropBudget | BeginDay
