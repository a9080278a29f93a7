"""All methods of the town's socket, by name."""

from typing import Any

from gastown.api import (
    agents,
    asks,
    beads,
    budgets,
    care,
    convoys,
    costs,
    directives,
    escalating,
    fitness,
    history,
    holds,
    looking,
    mailing,
    nudging,
    policies,
    prices,
    rigs,
    sessions,
    settings,
    work,
)
from gastown.api.call import Method

METHODS: dict[str, Method[Any]] = {
    **beads.METHODS,
    **convoys.METHODS,
    **work.METHODS,
    **rigs.METHODS,
    **holds.METHODS,
    **agents.METHODS,
    **fitness.METHODS,
    **settings.METHODS,
    **sessions.METHODS,
    **nudging.METHODS,
    **mailing.METHODS,
    **escalating.METHODS,
    **mailing.METHODS,
    **costs.METHODS,
    **policies.METHODS,
    **asks.METHODS,
    **budgets.METHODS,
    **directives.METHODS,
    **prices.METHODS,
    **looking.METHODS,
    **history.METHODS,
    **care.METHODS,
}
