"""The registrar at work on a hub's log."""

from gastown import clock
from gastown.actors import registrar
from gastown.actors.commands.registrar import REGISTRAR
from gastown.actors.effects import Effect
from gastown.actors.kernel.runtime import Runtime
from gastown.actors.registrar.role import owner_of
from gastown.bus.hub_protocol import HUB
from gastown.bus.jetstream_event_log import JetStreamEventLog
from gastown.bus.nats_connection import NatsConnection
from gastown.hub.place import HubConfig


class _Nobody:
    """The registrar waits for nothing in the world: see `actors/registrar`."""

    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        msg = f"a hub carries out no {type(effect).__name__} (of {cause}, {traceparent})"
        raise NotImplementedError(msg)


def registrar_of(hub: HubConfig, log: NatsConnection) -> Runtime:
    """It knows nothing before it has read the log."""
    kept = JetStreamEventLog(log, HUB, hub.incarnation)
    return Runtime(kept, {REGISTRAR.role: registrar.ROLE}, owner_of, _Nobody(), clock)
