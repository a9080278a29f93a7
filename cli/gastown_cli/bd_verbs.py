"""What `bd` takes, and which of the town's methods does it."""

from __future__ import annotations

import os
import sys

from gastown_cli.beads import said, show_list, show_one, show_ready
from gastown_cli.output import Cell
from gastown_cli.quick_json import dump
from gastown_cli.trouble import CommandFailedError, usage
from gastown_cli.verbs import BEAD, Flag, Verb, Word, choice, number, priority

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, TypeAlias

    from gastown_cli.calling import Town
    from gastown_cli.output import Page
    from gastown_cli.verbs import Call, Values

    Do: TypeAlias = Callable[[Town, Values], Any]
    Show: TypeAlias = Callable[[Any, Page], None]


class Bd(Verb):
    """do: returns what is printed with --json. show: that, on a page."""

    def __init__(self, path: str, do: Do, show: Show, *parts: Word | Flag) -> None:
        super().__init__(path, "", _never, *parts)
        self._do = do
        self._show = show

    def answer(self, town: Town, values: Values, page: Page, *, as_json: bool) -> int:
        """Raises CommandFailedError."""
        data = self._do(town, values)
        if as_json:
            sys.stdout.write(dump(data) + "\n")
        else:
            self._show(data, page)
        return 0


def _never(call: Call) -> int:
    raise usage(f"bd {call.verb.path} is no verb of gt", "bd help")


def _ask(town: Town, method: str, **params: Any) -> Any:
    return town.call(method, {name: value for name, value in params.items() if value is not None})[1]


def _ready(town: Town, values: Values) -> Any:
    values.setdefault("limit", 100)  # as that program has it
    if values.pop("unassigned", False):
        return [bead for bead in _ask(town, "ready", **values) if not bead.get("assignee")]
    return _ask(town, "ready", **values)


def _list(town: Town, values: Values) -> Any:
    """What is not closed, unless it is asked for."""
    everything = values.pop("all", False) or "status" in values
    limit = values.pop("limit", 50)
    beads = [bead for bead in _ask(town, "bead.list", **values) if everything or bead["status"] != "closed"]
    return beads[:limit] if limit else beads


def _show(town: Town, values: Values) -> Any:
    return [_ask(town, "bead.show", bead=bead) for bead in values["beads"]]


def _create(town: Town, values: Values) -> Any:
    titles = [values.pop(name) for name in ("words", "title") if name in values]
    if len(titles) != 1:
        raise usage("bd create needs one title", "bd create TITLE -d DESCRIPTION")
    needs, found_at = _links(values.pop("deps", []))
    parts = [values.pop("description", ""), values.pop("design", "")]
    parts += [f"Discovered from: {', '.join(found_at)}"] if found_at else []
    description = "\n\n".join(part for part in parts if part)
    values.pop("silent", None)
    return _ask(town, "bead.create", title=titles[0], description=description, needs=needs, **values)


def _links(given: list[str]) -> tuple[list[str], list[str]]:
    """-> what the new bead needs, and what it was found in, which is only written down."""
    needs: list[str] = []
    found_at: list[str] = []
    for one in ",".join(given).split(","):
        kind, colon, bead = one.strip().rpartition(":")
        if not bead:
            continue
        if kind in ("discovered-from", "related", "relates-to"):
            found_at.append(bead)
        elif not colon or kind in ("depends-on", "blocked-by"):
            needs.append(bead)
        elif kind == "blocks":
            raise usage(f"--deps {one}: the other bead has to say so", f"bd create ..., then: bd dep add {bead} NEW")
        else:
            raise usage(f"--deps {one}: beads here only need each other", "--deps BEAD, and the rest in words: -d TEXT")
    return needs, found_at


def _update(town: Town, values: Values) -> Any:
    beads, status = values.pop("beads"), values.pop("status", None)
    claim, more = values.pop("claim", False), values.pop("append_notes", None)
    for bead in beads:
        if claim or status in ("in_progress", "hooked"):
            _is_own(bead)
        elif status is not None:
            _change_status(town, bead, status)
        notes = _appended(town, bead, more) if more is not None else values.get("notes")
        changes = {**values, **({} if notes is None else {"notes": notes})}
        if changes:
            _ask(town, "bead.update", bead=bead, **changes)
    return [_ask(town, "bead.show", bead=bead) for bead in beads]


def _is_own(bead: str) -> None:
    """Whoever was given a bead has begun. Raises CommandFailedError for another one: nobody takes work here."""
    if os.environ.get("GT_BEAD") == bead:
        return
    hint = f"yours: gt hook; a person hands it out: gt sling {bead}"
    raise CommandFailedError("refused", f"work is given out here, and {bead} is not yours", hint)


def _change_status(town: Town, bead: str, status: str) -> None:
    match status:
        case "closed":
            _ask(town, "bead.close", bead=bead)
        case "open" | "deferred":
            raise usage(f"--status {status}: a bead is given back", "gt done --status deferred --reason TEXT")
        case _:
            raise usage(f"--status {status}: say what it waits for", "gt done --status escalated --reason TEXT")


def _appended(town: Town, bead: str, more: str) -> str:
    notes = _ask(town, "bead.show", bead=bead).get("notes", "")
    return f"{notes}\n{more}" if notes else more


def _note(town: Town, values: Values) -> Any:
    bead = values["bead"]
    return _ask(town, "bead.update", bead=bead, notes=_appended(town, bead, " ".join(values["words"])))


def _close(town: Town, values: Values) -> Any:
    reason = values.get("reason", "")
    return [_ask(town, "bead.close", bead=bead, reason=reason) for bead in values["beads"]]


def _reopen(town: Town, values: Values) -> Any:
    return [_ask(town, "bead.reopen", bead=bead, reason=values.get("reason", "")) for bead in values["beads"]]


def _add_need(town: Town, values: Values) -> Any:
    return _ask(town, "bead.update", bead=values["bead"], add_needs=[values["need"]])


def _remove_need(town: Town, values: Values) -> Any:
    return _ask(town, "bead.update", bead=values["bead"], remove_needs=[values["need"]])


def _needs(town: Town, values: Values) -> Any:
    return _ask(town, "bead.show", bead=values["bead"])["needs"]


def _prime(town: Town, values: Values) -> Any:
    return _ask(town, "prime", **values)


def _each(show: Show) -> Show:
    def show_all(beads: Any, page: Page) -> None:
        for place, bead in enumerate(beads):
            if place:
                page.line()
            show(bead, page)

    return show_all


def _show_id(bead: Any, page: Page) -> None:
    page.line(bead["id"])


def _show_status(bead: Any, page: Page) -> None:
    page.line(f"{page.style(bead['id'], 'bold')} is {bead['status']}: {Cell(bead['title']).text}")


def _show_needs(needs: Any, page: Page) -> None:
    for need in needs or ():
        page.line(f"{need['id']}  {need['state']}  {need['title']}")
    if not needs:
        page.line("it needs nothing", "dim")


_BEADS = Word("beads", "one or more", many=True, meta="ID", names="bead")
_NEED = Word("need", "the bead that has to be done first", meta="NEEDED", names="bead")
_WORDS = Word("words", "what is to be done, in a line", needed=False, meta="TITLE")
_PRIORITY = Flag("--priority", "", "-p", kind=priority, meta="0..4")
_TYPE = Flag("--type", "", "-t", "--issue-type", meta="TYPE", name="issue_type")
_DESCRIPTION = Flag("--description", "", "-d", "--body")
_REASON = Flag("--reason", "", "-r")
_ASSIGNEE = Flag("--assignee", "", "-a", meta="WHO")
_LIMIT = Flag("--limit", "", "-n", kind=number, meta="N")
_STATUS = Flag("--status", "", "-s", meta="STATUS")
_BLOCKS = Flag("--type", "", "-t", kind=choice("blocks"), meta="blocks")
_CREATE = (
    _WORDS,
    Flag("--title", ""),
    _DESCRIPTION,
    Flag("--design", ""),
    Flag("--acceptance", ""),
    _PRIORITY,
    _TYPE,
    Flag("--deps", "", many=True, meta="ID,..."),
    Flag("--rig", "", meta="RIG"),
)


def _verbs() -> dict[str, Bd]:
    verbs = (
        Bd("ready", _ready, show_ready, _PRIORITY, _TYPE, _ASSIGNEE, Flag("--unassigned", "", "-u", kind=None), _LIMIT),
        Bd("list", _list, show_list, _STATUS, _PRIORITY, _TYPE, _ASSIGNEE, Flag("--all", "", kind=None), _LIMIT),
        Bd("show", _show, _each(show_one), _BEADS),
        Bd("create", _create, said("created"), *_CREATE, Flag("--silent", "", kind=None)),
        Bd("q", _create, _show_id, *_CREATE),
        Bd(
            "update",
            _update,
            _each(_show_status),
            _BEADS,
            _STATUS,
            Flag("--claim", "", kind=None),
            Flag("--title", ""),
            _DESCRIPTION,
            Flag("--acceptance", ""),
            _PRIORITY,
            _TYPE,
            _ASSIGNEE,
            Flag("--notes", ""),
            Flag("--append-notes", ""),
        ),
        Bd("note", _note, said("noted"), BEAD, Word("words", "what is to be noted", many=True, meta="TEXT")),
        Bd("close", _close, _each(said("closed")), _BEADS, _REASON),
        Bd("reopen", _reopen, _each(said("is open again")), _BEADS, _REASON),
        Bd("dep add", _add_need, said("needs one more"), BEAD, _NEED, _BLOCKS),
        Bd("dep remove", _remove_need, said("needs one less"), BEAD, _NEED),
        Bd("dep list", _needs, _show_needs, BEAD),
        Bd("dep tree", _needs, _show_needs, BEAD),
        Bd("prime", _prime, lambda prime, page: page.verbatim(prime["text"])),
    )
    return {verb.path: verb for verb in verbs}


VERBS = _verbs()

NOTHING_TO_DO = ("sync", "export", "init", "onboard", "flush")
"""What keeps that program's own files in order."""

INSTEAD = {
    "claim": "work is given out: gt hook shows yours",
    "assign": "a person hands it out: gt sling BEAD",
    "comment": "bd note ID TEXT",
    "comments": "bd note ID TEXT; gt bead show ID shows the notes",
    "blocked": "gt bead list --status blocked",
    "mail": "gt mail inbox, gt mail send ADDRESS -s SUBJECT -m TEXT",
    "stats": "gt status",
    "status": "gt status",
    "info": "gt status",
    "search": "gt bead list --json, and look through it",
    "count": "gt bead list --json, and count",
    "label": "there are no labels; say it in the notes: bd note ID TEXT",
    "epic": "gt convoy list",
    "children": "gt convoy show CONVOY",
    "swarm": "gt convoy list",
    "gate": "gates are the rig's: gt rig show RIG",
    "remember": "write it into the bead (bd note ID TEXT), or into a file of the repository",
    "memories": "gt prime",
    "defer": "gt done --status deferred --reason TEXT",
    "human": "gt escalate TEXT",
    "history": "gt log ID",
    "delete": "gt bead close ID --reason TEXT",
    "doctor": "gt doctor",
    "config": "gt config get",
    "dep": "bd dep add ID NEEDED, bd dep remove ID NEEDED, bd dep list ID",
}
"""What to type instead."""
