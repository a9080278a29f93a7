"""install, up, down, and the settings of the town's file: what is done without the town's own help."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from gastown import clock, config
from gastown.daemon import service
from gastown.errors import GastownError
from gastown.finding import known_towns
from gastown_cli.asking import print_json, town_of
from gastown_cli.calling import Town
from gastown_cli.diagnosis import why_not_up
from gastown_cli.liveness import daemon_lives
from gastown_cli.output import Page
from gastown_cli.trouble import CommandFailedError, usage

if TYPE_CHECKING:
    from collections.abc import Callable

    from gastown_cli.verbs import Call

_LAST_WORD_PATIENCE = 5.0  # seconds for a town that is to be stopped to write that down


def in_our_words(act: Callable[[Call], int]) -> Callable[[Call], int]:
    """What the environment does to us, as every command tells it."""

    def run(call: Call) -> int:
        os.umask(config.PRIVATE)
        try:
            return act(call)
        except GastownError as error:
            raise CommandFailedError(error.code, error.message, error.hint) from error
        except OSError as error:
            raise CommandFailedError("refused", f"{error.filename}: {error.strerror}") from error

    return run


def answer(call: Call, position: int, data: dict[str, Any], line: str, hint: str = "") -> None:
    if call.as_json:
        print_json(position, data)
        return
    page = Page.on(sys.stdout)
    page.line(line)
    if hint:
        page.line(hint, "dim")


@in_our_words
def install(call: Call) -> int:
    home = call.environment.get("HOME", "")
    if not (home or "path" in call.values):
        raise usage("HOME is not set", "say where: gt install PATH")
    path = Path(call.values.get("path") or Path(home, "gt")).absolute()
    name = free_name(call, path, call.values.get("name", ""))
    town = config.install(path, name, clock.new_id())
    note_down(call, town)
    data = {"town": town.name, "path": str(path), "incarnation": town.incarnation}
    answer(call, 0, data, f"town {town.name} is at {path}", f"start it: gt --town {town.name} up")
    return 0


def free_name(call: Call, path: Path, wanted: str) -> str:
    """What the town at `path` is to be called. One name, one town; a name whose town is gone is free."""
    name = config.name_for(path, wanted)
    note = _note(call, name)
    if note is not None and note.is_file():
        other = Path(note.read_text().strip())
        if other != path and (other / config.FILE).is_file():
            raise CommandFailedError("taken", f"a town called {name} is at {other}", "choose another: --name NAME")
    return name


def _note(call: Call, name: str) -> Path | None:
    """Where it is written down which town has a name; None where there is no home."""
    return Path(known_towns(dict(call.environment), name)) if call.environment.get("HOME") else None


def note_down(call: Call, town: config.TownConfig) -> None:
    """So that `--town NAME` finds it."""
    config.note_down(call.environment, town.name, town.path)


@in_our_words
def up(call: Call) -> int:
    town = town_of(call)
    loaded = config.load(Path(town.path))
    if call.values.get("if_wanted"):
        service.stand_by(loaded)
        answer(call, 0, {"town": loaded.name, "state": "down"}, f"town {loaded.name} is down")
        return 0
    if call.values.get("foreground"):
        service.stay(loaded)
    service.start(loaded)
    try:
        position, data = town.call("ping", {})
    except CommandFailedError as failure:
        raise why_not_up(loaded, failure) from failure
    answer(call, position, {**data, "state": "up"}, f"town {loaded.name} is up, at position {position}")
    return 0


@in_our_words
def down(call: Call) -> int:
    found = town_of(call)
    loaded = config.load(Path(found.path))
    position = _write_down(Town(found.path, call.environment, patience=_LAST_WORD_PATIENCE))
    service.stop(loaded)
    answer(call, position, {"town": loaded.name, "state": "down"}, f"town {loaded.name} is down")
    return 0


def _write_down(town: Town) -> int:
    """That it is wanted down, if it is there to hear that; stopping it does not depend on it."""
    if not daemon_lives(town.path):
        return 0
    try:
        return town.call("town.down", {})[0]
    except CommandFailedError as failure:
        if failure.code == "unreachable":
            return 0
        raise


@in_our_words
def set_in_file(call: Call) -> int:
    """What must be known before the log can be read stands in the town's file."""
    loaded = config.load(Path(town_of(call).path))
    name, value = call.values["name"], call.values["value"]
    changed, said, hint = _with_url(loaded, value) if name == "nats.url" else _with_containment(loaded, value)
    if os.environ.get("GT_SESSION"):
        raise CommandFailedError("refused", "a session may not change settings", "gt prime")
    config.save(changed)
    answer(call, 0, {name: value}, f"{name} is {said}", f"it holds from the next gt up on{hint}")
    return 0


def _with_url(town: config.TownConfig, url: str) -> tuple[config.TownConfig, str, str]:
    if url and "://" not in url:
        raise usage(f"{url!r} is no URL", 'gt config set nats.url nats://HOST:4222, or "" for the town\'s own')
    return config.with_nats_url(town, url), url or "the embedded server", "; the log does not move along"


def _with_containment(town: config.TownConfig, means: str) -> tuple[config.TownConfig, str, str]:
    from gastown.adapters.processes.containment import MEANS  # here: gt up is not to pay for it

    if means and means not in MEANS:
        raise usage(f"{means!r} is no means of containment", f'one of {", ".join(MEANS)}; or "" for the best there is')
    return config.with_containment(town, means), means or "by the best means there is", ""
