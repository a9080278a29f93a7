"""Starting, stopping and asking a hub from outside: what `gt hub up`, `down` and the others do."""

import os
import signal
import sys
import time
from typing import Any, get_args

import anyio
import msgspec

from gastown import clock
from gastown.adapters.processes import child, locks
from gastown.adapters.processes.child import Known
from gastown.bus.certificates import days_left
from gastown.bus.hub_protocol import HUB, HubReply
from gastown.bus.hub_server import LOG_USER
from gastown.bus.nats_commands import NatsCommands
from gastown.bus.nats_connection import RELOADING, connect
from gastown.bus.trust import trusting
from gastown.daemon.children import scrubbed
from gastown.errors import Code, GastownError, TakenError, UnreachableError
from gastown.hub.keeping import SERVICE, Look, Wish
from gastown.hub.place import HubConfig, prepare
from gastown.hub.server_child import end_whatever_runs, read_server
from gastown.hub.wanted import want, wanted

PATIENCE = 30.0
"""Seconds for a hub to answer after it was started: reading its log, and waiting for its towns."""
PATIENCE_OF_MACHINES = 20.0
"""Seconds for one of several machines, which may be the first: another one may just be taking over."""
ALONE = "it decides nothing before more than half of its machines are up"
_ASKING = 10.0  # seconds
_MOMENT = 0.5  # seconds between taking a lock and writing one's name into it, at most
_GRACE = 10.0  # seconds


class HubSaysNoError(GastownError):
    """In the hub's own words."""

    def __init__(self, reply: HubReply) -> None:
        super().__init__(reply.message, reply.hint)
        self.code: Code = next((code for code in get_args(Code) if code == reply.code), "refused")


def running(hub: HubConfig) -> Known | None:
    """The hub's process, if there is one."""
    deadline = time.monotonic() + _MOMENT
    while True:
        holder = locks.holder(hub.run / "hub.lock")
        if holder is None or holder.pid:
            return Known(holder.pid, holder.started) if holder else None
        if time.monotonic() > deadline:
            return None
        time.sleep(0.005)


def start(hub: HubConfig) -> dict[str, Any]:
    """Start it unless it runs; what it says once it answers; `trouble`, "" where it does. Raises UnreachableError."""
    prepare(hub)
    want(hub, "up")
    there = running(hub)
    if there is not None and child.is_frozen(there):
        child.end(there, 0.0)
        there = None
    if there is None:
        there = child.start(_command(hub), environment=scrubbed(os.environ), log=hub.logs / "hub.log", cwd=hub.path)
    deadline = time.monotonic() + (PATIENCE_OF_MACHINES if hub.machines else PATIENCE)
    while child.is_alive(there):
        try:
            return ask(hub, Look(), patience=1.0) | {"trouble": ""}
        except UnreachableError:
            if time.monotonic() > deadline:
                if hub.machines:
                    return {"towns": [], "trouble": ALONE}
                break
        time.sleep(0.05)
    msg = "the hub does not start"
    raise UnreachableError(msg, f"see {hub.logs / 'hub.log'} and {hub.logs / 'nats.log'}")


def stay(hub: HubConfig, *, if_wanted: bool) -> None:
    """Become the hub, in this very process. if_wanted: only where it is not wanted down. Raises TakenError."""
    if if_wanted and wanted(hub) != "up":
        return
    prepare(hub)
    want(hub, "up")
    there = running(hub)
    if there is not None:
        msg = f"the hub {hub.path} runs already, as process {there.pid}"
        raise TakenError(msg, "stop it first: gt hub down")
    os.chdir(hub.path)
    os.execve(sys.executable, _command(hub), scrubbed(os.environ))


def stop(hub: HubConfig) -> None:
    """Returns when no process of it is left."""
    want(hub, "down")
    there = running(hub)
    if there is not None:
        child.send(there, signal.SIGTERM)
        child.wait(there, _GRACE)
        child.end(there, 0.0)
    end_whatever_runs(hub)


def ask(hub: HubConfig, wish: Wish, *, patience: float = _ASKING) -> dict[str, Any]:
    """What it answers. Raises its own errors, and UnreachableError."""
    reply = anyio.run(_ask, hub, wish, patience)
    if not reply.ok:
        raise HubSaysNoError(reply)
    return msgspec.convert(reply.data, dict[str, Any])


def state(hub: HubConfig) -> dict[str, Any]:
    """Whether it is up, and what it says if it is; what its folder says in any case."""
    there, server, now = running(hub), read_server(hub), clock.now()
    said: dict[str, Any] = {
        "hub": hub.name,
        "path": str(hub.path),
        "state": "up" if there else "down",
        "wanted": wanted(hub) or "down",
        "server": bool(server and child.is_alive(server)),
        "machines": hub.machines,
        "decides": "",
        "leaf_urls": hub.leaf_urls(),
        "join_urls": hub.join_urls(),
        "certificate_days": round(days_left(hub.certificate(), now), 1),
        "authority_days": round(days_left(hub.authority(), now), 1),
        "towns": [],
        "invitations": [],
        "trouble": "",
    }
    try:
        return said | (ask(hub, Look()) if there else {})
    except UnreachableError as error:
        return said | {"trouble": error.message}


async def _ask(hub: HubConfig, wish: Wish, patience: float) -> HubReply:
    trust = trusting(hub.authority())
    password = hub.password()
    async with connect(
        hub.own_url(),
        name="gt hub",
        user=LOG_USER,
        password=password,
        trust=trust,
        patience=patience,
        disbelief=RELOADING,
    ) as connection:
        commands = NatsCommands(connection, HUB, hub.incarnation)
        answer = await commands.request(SERVICE, msgspec.json.encode(wish), patience=patience)
    return msgspec.json.decode(answer, type=HubReply)


def _command(hub: HubConfig) -> tuple[str, ...]:
    return (sys.executable, "-P", "-m", "gastown.hub", str(hub.path))
