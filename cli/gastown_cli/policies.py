"""policy ...: what agents may use without asking, may not use, and have to ask for."""

from __future__ import annotations

from gastown_cli.asking import Ask
from gastown_cli.output import Cell, day
from gastown_cli.trouble import CommandFailedError
from gastown_cli.verbs import AT, Flag, Verb, Word

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page
    from gastown_cli.verbs import Values

    Row = dict[str, Any]

_UNASKING = {"refuse": "are refused", "walled": "work without asking, behind walls"}


def _read(values: Values) -> Values:
    """The file's content: the town has another working directory."""
    name = values["file"]
    try:
        with open(name, encoding="utf-8") as file:
            content = file.read()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is no text"
        raise CommandFailedError("usage", f"{name} cannot be read: {why}", "gt policy set FILE") from error
    return {"content": content, **{key: value for key, value in values.items() if key != "file"}}


def _show(policy: Row, page: Page) -> None:
    whose = f"rig {policy['rig']}" if policy["rig"] else "the town"
    page.head(f"Policy of {whose}", f"set by {policy['by']}, {day(policy['set_at'])}")
    rows = [
        (
            Cell(str(number), right=True),
            Cell(rule["decide"], _COLORS[rule["decide"]]),
            rule["tool"] or "any",
            rule["command"] or rule["path"],
            rule["title"],
            ", ".join(rule["roles"]),
        )
        for number, rule in enumerate(policy["rules"], 1)
    ]
    if rows:
        page.table(("", "DECIDES", "TOOL", "COMMAND OR PATH", "TITLE", "ROLES"), rows, indent="  ")
    page.line(f"  otherwise: {policy['default']}")
    page.line(f"  agents that cannot ask {_UNASKING[policy['unasking']]}", "dim")
    page.line(f"  behind walls, there is {'a' if policy['network'] else 'no'} network", "dim")


_COLORS = {"allow": "green", "deny": "red", "ask": "yellow"}


def _show_list(policies: list[Row], page: Page) -> None:
    if not policies:
        page.line("no policy: agents may use all that their sandboxes let them", "dim")
    for policy in policies:
        _show(policy, page)


def _show_dropped(policy: Row, page: Page) -> None:
    whose = f"rig {policy['rig']}" if policy["rig"] else "the town"
    page.line(f"{whose} has no policy of its own any more")


_RIG = Flag("--rig", "of this rig, instead of the town's", meta="RIG", names="rig")

VERBS = (
    Verb(
        "policy set",
        "Say what agents may use: TOML with default = ask|deny, network, unasking = refuse|walled, and tables, each a "
        "rule: decide = allow|deny|ask and globs for tool, command, path, title. For sessions that start from now on",
        Ask("policy.set", _show, prepare=_read),
        Word("file", "the policy, in TOML"),
        _RIG,
    ),
    Verb("policy show", "The policy of the town, or of a rig", Ask("policy.show", _show), _RIG, AT),
    Verb("policy list", "All policies", Ask("policy.list", _show_list), AT),
    Verb("policy drop", "Forget a policy", Ask("policy.drop", _show_dropped), _RIG),
)
