"""host: what its verbs do on a machine other than the town's own. They need the host's folder: it holds its key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import anyio

from gastown import config
from gastown.bus.logs import setup_logs
from gastown.daemon import service
from gastown.errors import UnknownThingError, UsageError
from gastown.gate import joining
from gastown_cli.cold import answer, in_our_words

if TYPE_CHECKING:
    from gastown_cli.verbs import Call


@in_our_words
def join(call: Call) -> int:
    setup_logs("gt", level="error")
    slots = call.values.get("slots", os.cpu_count() or 1)
    if slots < 1:
        raise UsageError(f"a host takes at least one session, not {slots}", "gt host join INVITATION DIR --slots 2")
    path = Path(call.values["path"]).absolute()
    host = anyio.run(joining.join, call.values["invitation"], path, slots)
    data = {"host": host.host, "town": host.name, "path": str(path), "slots": slots}
    answer(call, 0, data, f"{path} is host {host.host} of {host.name}", f"start it: gt host up {path}")
    return 0


@in_our_words
def up(call: Call) -> int:
    host = _host(call)
    if call.values.get("if_wanted"):
        service.stand_by(host)
        return 0
    if call.values.get("foreground"):
        service.stay(host)
    service.start(host)
    answer(call, 0, {"host": host.host, "state": "up"}, f"host {host.host} is up", "gt host list, at home, shows it")
    return 0


@in_our_words
def down(call: Call) -> int:
    host = _host(call)
    service.stop(host)
    answer(call, 0, {"host": host.host, "state": "down"}, f"host {host.host} is down")
    return 0


@in_our_words
def leave(call: Call) -> int:
    host = _host(call)
    service.stop(host)
    anyio.run(joining.leave, host)
    told = f"host {host.host} has left {host.name}; {host.path} may be deleted"
    answer(call, 0, {"host": host.host, "state": "left"}, told)
    return 0


def _host(call: Call) -> config.TownConfig:
    setup_logs("gt", level="error")
    path = Path(call.values["path"]).absolute()
    host = config.load(path)
    if host.home is None:
        raise UnknownThingError(f"{path} is a town, and no host of one", "gt up starts a town")
    return host
