"""Most verbs: ask the town one thing and show the answer."""

from __future__ import annotations

import os
import sys

from gastown.finding import HUB_FILE, NoTownError, find_town
from gastown_cli.calling import Town
from gastown_cli.later import module
from gastown_cli.naming import named
from gastown_cli.output import Page, shown
from gastown_cli.quick_json import dump
from gastown_cli.trouble import CommandFailedError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from gastown_cli.verbs import Call, Values

    Show = Callable[[Any, Page], None]


def town_of(call: Call) -> Town:
    """The town a call is for. Raises CommandFailedError where there is none."""
    return town_meant(call.town, dict(call.environment))


def town_meant(name: str, environment: dict[str, str]) -> Town:
    """name: by --town, "" for the one at hand. Raises CommandFailedError where there is none."""
    try:
        return Town(find_town(name, environment, os.getcwd()), environment)
    except NoTownError as error:
        at_hand = _member_at_hand(environment) if name and "/" not in name else ""
        if not at_hand:
            raise CommandFailedError("unknown", error.message, error.hint) from error
        return Town(at_hand, environment, of=name)


def _member_at_hand(environment: dict[str, str]) -> str:
    """The town at hand, if it is a member of a hub: it knows other towns by name."""
    try:
        found = find_town("", environment, os.getcwd())
    except NoTownError:
        return ""
    return found if os.path.isfile(os.path.join(found, HUB_FILE)) else ""


def _as_given(values: Values) -> Values:
    return values


def _done(_: Any) -> int:
    return 0


class Later:
    """A verb whose module is imported only when it is called: `module:function`."""

    def __init__(self, target: str) -> None:
        self._module, _, self._function = target.partition(":")

    def __call__(self, call: Call) -> int:
        return getattr(module(self._module), self._function)(call)


class Ask:
    """prepare: from the verb's values to the method's params. exit_code: from the answer's data.

    verbatim: the page itself sees to it that nothing harms a terminal.
    """

    def __init__(
        self,
        method: str,
        show: Show,
        *,
        prepare: Callable[[Values], Values] = _as_given,
        exit_code: Callable[[Any], int] = _done,
        verbatim: bool = False,
    ) -> None:
        self.method = method
        self.show = show
        self.prepare = prepare
        self.exit_code = exit_code
        self.verbatim = verbatim

    def __call__(self, call: Call) -> int:
        if call.everywhere:
            return module("everywhere").ask(call, self)
        town = town_of(call)
        position, data = town.call(self.method, self.prepare(call.values))
        if call.as_json:
            print_json(position, data, town.seen)
        else:
            page = Page.on(sys.stdout)
            if town.seen:
                module("everywhere").show_age(town.seen, page)
            if "at" in call.values:
                page.line(f"as of position {position}", "dim")
            self.show(data if self.verbatim else shown(named("", data)), page)
        return self.exit_code(data)


def print_json(position: int, data: Any, seen: dict[str, Any] | None = None) -> None:
    """The one envelope of all answers. seen: of another town, what is true of."""
    sys.stdout.write(dump({"schema": 1, **(seen or {}), "position": position, "data": data}) + "\n")
