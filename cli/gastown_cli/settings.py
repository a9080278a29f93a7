"""agent ..., config ..."""

from __future__ import annotations

import os

from gastown_cli.accounts import show_out
from gastown_cli.agent_checks import CHECK
from gastown_cli.asking import Ask, Later
from gastown_cli.output import Cell, duration
from gastown_cli.verbs import AT, Flag, Verb, Word, choice, seconds, usd

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page
    from gastown_cli.verbs import Call, Values

_SIZES = ("disk.min_free", "output.max")
_FILE_SETTINGS = ("nats.url", "containment")


def _variables(values: Values) -> Values:
    """NAME=VALUE, or NAME alone to pass the host's own on. Paths are made absolute: the town is elsewhere."""
    paths = {name: [os.path.abspath(path) for path in values[name]] for name in ("reads", "writes") if name in values}
    values = {**values, **paths}
    if "env" not in values:
        return values
    pairs = [variable.partition("=") for variable in values["env"]]
    return {**values, "env": [(name, value if equals else None) for name, equals, value in pairs]}


def _show_agent(agent: dict[str, Any], page: Page) -> None:
    default = ", used where none is named" if agent["default"] else ""
    page.line(f"{page.style(agent['name'], 'bold')} is an agent now{default}")


def _under(agent: dict[str, Any]) -> str:
    """Accounts and fallbacks, as they were given."""
    named = [one["account"] for one in agent["accounts"] if not one["account"].startswith("agent.")]
    return " ".join((*named, *(f"(else {other})" for other in agent["fallbacks"])))


def _show_agents(agents: list[dict[str, Any]], page: Page) -> None:
    if not agents:
        page.line("no agents: gt agent add NAME --vendor shell --command CMD", "dim")
        return
    rows = [
        (
            Cell(one["name"], "bold"),
            one["vendor"],
            "default" if one["default"] else "",
            duration(one["timeout"]),
            one["model"],
            _under(one),
            " ".join((one["command"], *one["arguments"])).strip(),
        )
        for one in agents
    ]
    page.table(("AGENT", "VENDOR", "", "TIME", "MODEL", "ACCOUNTS", "COMMAND"), rows)
    show_out(list({one["account"]: one for agent in agents for one in agent["accounts"]}.values()), page)
    _show_unfit(agents, page)


def _show_unfit(agents: list[dict[str, Any]], page: Page) -> None:
    for one in agents:
        if one["unfit"]:
            page.line(f"{one['name']} did not pass its check: {Cell(one['unfit']['reason']).text}", "red")
            page.line(f"    gt agent check {one['name']}", "cyan")


def _show_set(agent: dict[str, Any], page: Page) -> None:
    _show_agents([agent], page)


def _show_removed(agent: dict[str, Any], page: Page) -> None:
    page.line(f"{page.style(agent['name'], 'bold')} is removed")


def _show_settings(settings: dict[str, Any], page: Page) -> None:
    rows = [(name, _binary(value) if name in _SIZES else value) for name, value in sorted(settings.items())]
    page.table(("SETTING", "VALUE"), rows)


def _binary(size: int) -> str:
    """As it may be given: "512M"."""
    for power, unit in ((4, "T"), (3, "G"), (2, "M"), (1, "K")):
        if size and size % 1024**power == 0:
            return f"{size // 1024**power}{unit}"
    return str(size)


_get = Ask("config.get", _show_settings)
_set = Ask("config.set", _show_settings)
_set_in_file = Later("cold:set_in_file")


def _set_anywhere(call: Call) -> int:
    return (_set_in_file if call.values["name"] in _FILE_SETTINGS else _set)(call)


_NAME = Word("name", "the agent's name", names="agent")

_SETTINGS = (
    Flag("--command", "of shell: run by sh -c in the worktree; else: the program, if not on the PATH", meta="CMD"),
    Flag("--model", "as its vendor names it", meta="MODEL"),
    Flag("--arg", "one more argument for its program; may be repeated", many=True, meta="ARG", name="arguments"),
    Flag("--env", "NAME=VALUE, or NAME to pass on the town's own; may be repeated", many=True, meta="NAME[=VALUE]"),
    Flag("--timeout", "how long a session may take: 2h", kind=seconds, meta="TIME"),
    Flag("--turn-cost", "what a turn is reserved at under a budget, in USD; 0: it costs nothing", kind=usd, meta="USD"),
    Flag(
        "--account",
        "it works under, the first that gives it anything; may be repeated",
        many=True,
        meta="ACCOUNT",
        name="accounts",
        names="account",
    ),
    Flag(
        "--fallback",
        "who takes its work while its accounts give nothing; may be repeated",
        many=True,
        meta="AGENT",
        name="fallbacks",
        names="agent",
    ),
    Flag(
        "--sandbox",
        "bwrap: behind walls, it sees its worktree, and of all else what is named",
        kind=choice("bwrap", "none"),
        meta="bwrap|none",
    ),
    Flag("--read", "seen behind walls; may be repeated", many=True, meta="PATH", name="reads"),
    Flag("--write", "the same, and may be written: its vendor's settings", many=True, meta="PATH", name="writes"),
    Flag("--default", "used where none is named: agent.polecat", kind=None),
)
_VENDOR = Flag("--vendor", "shell: any command, the prompt on its input; acp:CMD; or one by name", meta="VENDOR")

VERBS = (
    Verb(
        "agent add",
        "Say whose program works here, and how it is started",
        Ask("agent.add", _show_agent, prepare=_variables),
        _NAME,
        _VENDOR,
        *_SETTINGS,
    ),
    Verb(
        "agent set",
        "Change an agent; what a flag that may be repeated held before goes; sessions at work go on as they are",
        Ask("agent.set", _show_set, prepare=_variables),
        _NAME,
        _VENDOR,
        *_SETTINGS,
    ),
    Verb("agent list", "All agents", Ask("agent.list", _show_agents), AT),
    CHECK,
    Verb("agent remove", "Forget an agent", Ask("agent.remove", _show_removed), _NAME),
    Verb(
        "config get",
        "A setting, or all",
        _get,
        Word("name", "for example max_polecats", needed=False),
        AT,
    ),
    Verb(
        "config set",
        "Change a setting",
        _set_anywhere,
        Word("name", "for example max_polecats"),
        Word("value", "its new value"),
    ),
)
