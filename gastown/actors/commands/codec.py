"""Between orders and bytes: the union of all commands, by tag."""

from typing import Any, TypeAlias

import msgspec

from gastown.actors.commands.command import Command, Order, Owner
from gastown.actors.commands.deacon import DeaconCommand
from gastown.actors.commands.handoff import HandoffCommand
from gastown.actors.commands.mail import MailCommand
from gastown.actors.commands.mayor import MayorCommand
from gastown.actors.commands.polecat import PolecatCommand
from gastown.actors.commands.refinery import RefineryCommand
from gastown.actors.commands.witness import WitnessCommand

AnyCommand: TypeAlias = (
    MayorCommand | WitnessCommand | PolecatCommand | HandoffCommand | RefineryCommand | DeaconCommand | MailCommand
)


class _Wire(msgspec.Struct, frozen=True, kw_only=True):
    id: str
    to: Owner
    actor: str
    command: AnyCommand
    cause: str = ""
    traceparent: str = ""
    time: float = 0.0


_decoder = msgspec.json.Decoder(_Wire)


def encode_order(order: Order) -> bytes:
    return msgspec.json.encode(order)


def decode_order(payload: bytes) -> Order:
    """Raises msgspec.ValidationError for what is no order."""
    wire = _decoder.decode(payload)
    return Order(
        id=wire.id,
        to=wire.to,
        actor=wire.actor,
        command=wire.command,
        cause=wire.cause,
        traceparent=wire.traceparent,
        time=wire.time,
    )


def tag_of(command: Command) -> str:
    config: Any = command.__struct_config__
    return str(config.tag)
