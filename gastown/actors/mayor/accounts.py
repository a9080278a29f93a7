"""Rules about accounts: added, changed, removed, and seen to by a person."""

from gastown.actors.commands.accounts import AddAccount, ChangeAccount, OpenAccount, RemoveAccount
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor.phases import Working
from gastown.actors.mayor.state import Mayor
from gastown.events import account
from gastown.events.account import AccountEvent, own
from gastown.events.ids import NAME, AccountName, Entity


def on_account(name: AccountName, event: AccountEvent) -> Change:
    return Change(Entity(account.KIND, name), event)


def unknown_account(name: AccountName) -> Rejected:
    return Rejected(f"there is no account {name}", "see them: gt account list", "unknown")


def add_account(state: Mayor, command: AddAccount) -> Decision:
    name = command.account.name
    if not NAME.fullmatch(name):
        return Rejected(f"{name!r} cannot be an account's name", "letters, digits, - and _, at most 63", "usage")
    if state.account(name).spec is not None:
        return Rejected(f"there is an account {name} already", f"change it: gt account set {name}", "taken")
    return (on_account(name, account.AccountAdded(spec=command.account)),)


def change_account(state: Mayor, command: ChangeAccount) -> Decision:
    """One that wanted a login is tried with what it is given now."""
    name, known = command.account.name, state.account(command.account.name)
    if known.spec is None:
        return unknown_account(name)
    changed = () if known.spec == command.account else (on_account(name, account.AccountChanged(spec=command.account)),)
    opened = (on_account(name, account.AccountOpened()),) if known.standing == "shut" else ()
    return (*changed, *opened)


def remove_account(state: Mayor, command: RemoveAccount) -> Decision:
    name = command.account
    if state.account(name).spec is None:
        return unknown_account(name)
    users = [spec.name for spec in state.agents.values() if name in spec.accounts]
    if users:
        hint = f"gt agent set {users[0]} --account OTHER, or --account ''"
        return Rejected(f"{', '.join(users)} work under account {name}", hint)
    for key in state.active:
        phase = state.beads[key].phase
        if isinstance(phase, Working) and phase.account == name:
            return Rejected(f"session {phase.session} works under account {name}", f"gt unsling {key}, or wait for it")
    return (on_account(name, account.AccountRemoved()),)


def open_account(state: Mayor, command: OpenAccount) -> Decision:
    """Also one that is throttled: a person may know better than its API has said."""
    name, known = command.account, state.account(command.account)
    has_own = name in (own(agent) for agent, spec in state.agents.items() if not spec.accounts)
    if known.spec is None and not has_own:
        return unknown_account(name)
    return (on_account(name, account.AccountOpened()),) if known.standing in ("shut", "resting") else ()
