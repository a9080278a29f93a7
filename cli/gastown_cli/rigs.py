"""rig ..."""

from __future__ import annotations

import os

from gastown_cli.agent_checks import show_steps
from gastown_cli.asking import Ask
from gastown_cli.holds import show_holds
from gastown_cli.output import Cell, state
from gastown_cli.trouble import usage
from gastown_cli.verbs import AT, REASON, Flag, Verb, Word, choice, seconds

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from gastown_cli.output import Page
    from gastown_cli.verbs import Values

    Row = dict[str, Any]

_UNSUCCESSFUL = 7


def _settled(values: Values) -> Values:
    """Paths made absolute, gates taken apart: the town has another working directory."""
    values = dict(values)
    if "location" in values:
        values["location"] = _origin(values["location"])
    if "copy_from" in values:
        values["copy_from"] = os.path.abspath(values["copy_from"])
    elif os.path.isdir(values.get("location", "")) and "copy" in values:
        values["copy_from"] = values["location"]
    if "copy" in values and "location" in values and "copy_from" not in values:
        raise usage("--copy needs the folder to copy from, where the origin is a URL", "--copy-from FOLDER")
    if "gates" in values:
        values["gates"] = [_gate(text) for text in values["gates"]]
        if values.get("no_gates"):
            raise usage("--gate and --no-gates contradict each other", "choose one")
    return values


def _origin(text: str) -> str:
    """A URL ("https://...", "git@host:path") stays; all else is a path."""
    colon, slash = text.find(":"), text.find("/")
    is_url = "://" in text or (colon > 0 and not 0 <= slash < colon and not os.path.exists(text))
    return text if is_url else os.path.abspath(os.path.expanduser(text))


def _gate(text: str) -> tuple[str, str]:
    name, equals, command = text.partition("=")
    if not (equals and name.strip() and command.strip()):
        raise usage(f"{text!r} is no gate", "--gate NAME=CMD, for example --gate 'test=make test'")
    return name.strip(), command.strip()


def _show_added(added: Row, page: Page) -> None:
    for note in added["notes"]:
        page.line(f"note: {Cell(note).text}", "yellow")
    show_steps(added["check"], page)
    rig = added["rig"]
    page.line(f"{page.style(rig['name'], 'bold')} lands on {rig['landing']} of {Cell(rig['origin']).text}")
    page.line(f"gt bead create TITLE --rig {rig['name']} makes a bead for it", "dim")


def _show_set(changed: Row, page: Page) -> None:
    for note in changed["notes"]:
        page.line(f"note: {Cell(note).text}", "yellow")
    _show_one(changed["rig"], page)
    page.line("gt rig check proves that it works so", "dim")


def _show_check(check: Row, page: Page) -> None:
    show_steps(check["steps"], page)


def _show_list(rigs: list[Row], page: Page) -> None:
    if not rigs:
        page.line("no rigs: gt rig add NAME URL-OR-PATH", "dim")
        return
    rows = [
        (
            Cell(rig["name"], "bold"),
            state(rig["state"]),
            rig["prefix"],
            rig["landing"],
            rig["land"],
            ",".join(gate["name"] for gate in rig["gates"]) or "none",
            rig["origin"],
        )
        for rig in rigs
    ]
    page.table(("RIG", "STATE", "PREFIX", "LANDS ON", "BY", "GATES", "ORIGIN"), rows)
    holds = {(hold["rig"], hold["cause"]): hold for rig in rigs for hold in rig["holds"]}
    show_holds(list(holds.values()), page)


def _show_one(rig: Row, page: Page) -> None:
    page.head(rig["name"], rig["state"])
    show_holds(rig["holds"], page, indent="  ")
    plain = ("origin", "target", "landing", "land", "prefix", "agent", "setup", "filter", "sandbox")
    facts = (
        *((name.replace("_", " "), rig[name]) for name in plain),
        *((f"gate {gate['name']}", gate["command"]) for gate in rig["gates"]),
        ("copy", ", ".join(rig["copy"])),
        ("copy from", rig["copy_from"] if rig["copy"] else ""),
        ("sparse", ", ".join(rig["sparse"])),
        ("commits as", " ".join(filter(None, rig["identity"]))),
        ("ssh", rig["ssh_command"]),
        *((f"git {key}", value) for key, value in rig["transport"]),
    )
    page.pairs(facts, indent="  ")


def _show_removed(rig: Row, page: Page) -> None:
    page.line(f"{page.style(rig['name'], 'bold')} is removed; its repositories stay where they are")


def _show_paused(rig: Row, page: Page) -> None:
    """Whatever holds it now: also that it was paused before, by whom and why; or that something else holds it still."""
    if not rig["holds"]:
        page.line(f"{page.style(rig['name'], 'bold')} goes on")
    show_holds(rig["holds"], page)


_RIG = Word("rig", "the rig's name", names="rig")
_SETTINGS = (
    Flag("--branch", "the branch to work on, if not the default one", meta="BRANCH"),
    Flag("--prefix", "what its beads' ids begin with", meta="PREFIX"),
    Flag("--setup", "run in each new worktree", meta="CMD"),
    Flag("--setup-timeout", "how long that may take: 15m", kind=seconds, meta="TIME"),
    Flag("--copy", "bring along files that git ignores; may be repeated", many=True, meta="GLOB"),
    Flag("--copy-from", "the folder those are in, if not the origin", meta="FOLDER"),
    Flag("--gate", "must pass before anything lands; may be repeated", many=True, meta="NAME=CMD", name="gates"),
    Flag("--gate-timeout", "how long a gate may take: 30m", kind=seconds, meta="TIME"),
    Flag("--no-gates", "nothing has to pass", kind=None),
    Flag(
        "--land",
        "push; branch: propose on a branch; hold: wait for gt mq approve",
        kind=choice("push", "branch", "hold"),
        meta="push|branch|hold",
    ),
    Flag("--filter", "clone partially, for example blob:none", meta="SPEC"),
    Flag(
        "--sandbox",
        "what holds its workers, whatever their agents say: bwrap (walls), or none",
        kind=choice("bwrap", "none"),
        meta="bwrap|none",
    ),
    Flag("--sparse", "check out only these paths; may be repeated", many=True, meta="PATH"),
    Flag("--agent", "who works on it, if not the town's agent.polecat; '' for that", meta="AGENT", names="agent"),
)

VERBS = (
    Verb(
        "rig add",
        "Add a git project",
        Ask("rig.add", _show_added, prepare=_settled),
        _RIG,
        Word("location", "a URL or a path", meta="URL-OR-PATH"),
        *_SETTINGS,
        Flag("--no-check", "do not prove first that it works", kind=None),
    ),
    Verb("rig list", "All rigs", Ask("rig.list", _show_list), AT),
    Verb("rig show", "How a rig is set", Ask("rig.show", _show_one), _RIG, AT),
    Verb(
        "rig set",
        "Change how a rig is set",
        Ask("rig.set", _show_set, prepare=_settled),
        _RIG,
        Flag("--location", "another origin", meta="URL-OR-PATH"),
        *_SETTINGS,
    ),
    Verb("rig remove", "Forget a rig", Ask("rig.remove", _show_removed), _RIG),
    Verb(
        "rig check",
        "Prove fetch, push, setup and gates on the base",
        Ask("rig.check", _show_check, exit_code=lambda check: 0 if check["ok"] else _UNSUCCESSFUL),
        _RIG,
    ),
    Verb("rig pause", "Start nothing new there; what runs finishes", Ask("rig.pause", _show_paused), _RIG, REASON),
    Verb("rig resume", "Go on", Ask("rig.resume", _show_paused), _RIG),
)
