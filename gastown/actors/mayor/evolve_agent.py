"""How events about agents and their accounts change what the Mayor remembers."""

from typing import assert_never

import msgspec

from gastown.actors.mayor import budgets, fitness
from gastown.actors.mayor.account import evolve_account
from gastown.actors.mayor.state import Mayor
from gastown.events import agent
from gastown.events.account import AccountEvent, AccountFreed, AccountRemoved, AccountThrottled, own
from gastown.events.agent import AgentEvent
from gastown.events.fitness import AgentFoundFit, AgentFoundUnfit
from gastown.events.ids import AccountName, AgentName


def evolve_agent(state: Mayor, key: AgentName, event: AgentEvent) -> Mayor:
    replace = msgspec.structs.replace
    match event:
        case agent.AgentAdded():
            default = key if event.default or not state.default_agent else state.default_agent
            return replace(state, agents=state.agents.set(key, event.spec), default_agent=default)
        case agent.AgentChanged():
            return replace(state, agents=state.agents.set(key, event.spec))
        case agent.AgentPreferred():
            return replace(state, default_agent=key)
        case agent.AgentRemoved():
            default = "" if state.default_agent == key else state.default_agent
            if own(key) in state.accounts:
                state = evolve_accounts(state, own(key), AccountRemoved())
            money, fit = budgets.forget_agent(state.money, key), fitness.forgotten(state.fitness, key)
            state = replace(state, agents=state.agents.delete(key), fitness=fit)
            return replace(state, default_agent=default, money=money)
        case AgentFoundUnfit() | AgentFoundFit():
            return replace(state, fitness=fitness.evolve(state.fitness, key, event))
        case agent.AgentThrottled(until=until, reason=reason):
            throttled = AccountThrottled(until=until, wait=0.0, why="rate_limit", reason=reason)
            return evolve_accounts(state, own(key), throttled)
        case agent.AgentFreed():
            return evolve_accounts(state, own(key), AccountFreed())
        case _:
            assert_never(event)


def evolve_accounts(state: Mayor, key: AccountName, event: AccountEvent) -> Mayor:
    one = evolve_account(state.account(key), event)
    return msgspec.structs.replace(state, accounts=state.accounts.set(key, one))
