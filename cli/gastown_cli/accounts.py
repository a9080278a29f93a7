"""account ...: the credentials that agents work under."""

from __future__ import annotations

import os
import sys

from gastown_cli.asking import Ask
from gastown_cli.output import Cell, day
from gastown_cli.trouble import usage
from gastown_cli.verbs import Flag, Verb, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page
    from gastown_cli.verbs import Values

    Row = dict[str, Any]


def _given(values: Values) -> Values:
    """NAME=VALUE; NAME=- to read the value from standard input, where no list of processes shows it; or NAME alone."""
    given = dict(values)
    if "env" in values:
        pairs = [variable.partition("=") for variable in values["env"]]
        if sum(value == "-" for _, _, value in pairs) > 1:
            raise usage("standard input is one value", "--env NAME=- once; the others: --env NAME=VALUE")
        given["env"] = [
            (name, sys.stdin.read().strip() if value == "-" else value if equals else None)
            for name, equals, value in pairs
        ]
    if given.get("config_dir"):
        given["config_dir"] = os.path.abspath(os.path.expanduser(given["config_dir"]))
    return given


def _show_account(account: Row, page: Page) -> None:
    page.line(f"{page.style(account['name'], 'bold')} is an account of {Cell(account['vendor']).text}")
    if not account["agents"]:
        page.line(f"gt agent set AGENT --account {account['name']} has an agent work under it", "dim")


def _show_accounts(accounts: list[Row], page: Page) -> None:
    if not accounts:
        page.line("no accounts: each agent works under the login of whoever started the town", "dim")
        return
    rows = [
        (
            Cell(one["name"], "bold"),
            one["vendor"],
            one["state"],
            " ".join((*one["secrets"], *(f"{name} (the town's own)" for name in one["passed"]))),
            one["config_dir"],
            " ".join(one["agents"]),
        )
        for one in accounts
    ]
    page.table(("ACCOUNT", "VENDOR", "STATE", "VARIABLES", "FOLDER", "AGENTS"), rows)
    show_out([{**one, "account": one["name"]} for one in accounts], page)
    for one in accounts:
        if one["lacks"]:
            page.line(Cell(one["lacks"]).text, "red")


def show_out(standings: list[Row], page: Page) -> None:
    """One line for each account that is not simply well."""
    for one in standings:
        name, reason = Cell(one["account"]).text, Cell(one["reason"]).text
        match one["state"]:
            case "throttled":
                page.line(f"account {name} is given nothing until {day(one['until'])}: {reason}", "yellow")
            case "login":
                page.line(f"account {name} wants a login: {reason}", "red")
                page.line(f"log in, then: gt account ok {name}", "cyan")
            case "tried" | "rested":
                by = f" by {one['session']} first" if one["session"] else ""
                page.line(f"account {name} is tried again{by}: {reason}", "yellow")
            case _:
                pass


def _show_removed(account: Row, page: Page) -> None:
    page.line(f"{page.style(account['name'], 'bold')} is removed, and what was secret of it")


def _show_ok(standing: Row, page: Page) -> None:
    if standing["state"] == "well":
        page.line(f"{page.style(standing['account'], 'bold')} is well")
    else:
        page.line(f"{page.style(standing['account'], 'bold')} is tried again, by one turn first")


_NAME = Word("name", "the account's name", names="account")
_SETTINGS = (
    Flag(
        "--env",
        "NAME=VALUE, kept as a secret of the town (NAME=-: from standard input); NAME: the town's own; may be repeated",
        many=True,
        meta="NAME[=VALUE]",
    ),
    Flag("--config-dir", "where its program finds its settings and its login", meta="DIR"),
)

VERBS = (
    Verb(
        "account add",
        "Credentials of a vendor, for agents to work under",
        Ask("account.add", _show_account, prepare=_given),
        _NAME,
        Flag("--vendor", "whose: see gt agent add --help", meta="VENDOR"),
        *_SETTINGS,
    ),
    Verb("account set", "Change an account", Ask("account.set", _show_account, prepare=_given), _NAME, *_SETTINGS),
    Verb("account list", "All accounts, and how each stands; no values", Ask("account.list", _show_accounts)),
    Verb("account remove", "Forget an account and its secrets", Ask("account.remove", _show_removed), _NAME),
    Verb("account ok", "You have seen to its login: try it again", Ask("account.ok", _show_ok), _NAME),
)
