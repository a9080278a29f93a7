"""The connections of a hub's process to the server of its own machine, one for each account that it uses."""

import msgspec

from gastown.bus.nats_connection import NatsConnection


class Lines(msgspec.Struct, frozen=True):
    """log: of the registrar's log. towns: of the copies. system: to the server itself."""

    log: NatsConnection
    towns: NatsConnection
    system: NatsConnection
