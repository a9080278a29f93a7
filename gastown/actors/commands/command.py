"""What every command inherits, whom it is for, and the envelope it travels in."""

import msgspec

from gastown.events.ids import CommandId, EventId


class Owner(msgspec.Struct, frozen=True, order=True):
    """One actor: a role and what it owns ("mayor/town", "witness/<rig>", "polecat/<session>")."""

    role: str
    id: str

    def __str__(self) -> str:
        return f"{self.role}/{self.id}"


class Command(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something an owner is asked to decide on. Subclasses set `tag` and are named as imperatives."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """A command on its way. id is made by the sender and repeated with every retry: it gets the first answer.

    actor: who sends it. cause: the event that made the town send it, "" when it comes from outside.
    traceparent: W3C, the sender's span, "" to begin a trace. time: when it was sent, seconds since the epoch.
    """

    id: CommandId
    to: Owner
    actor: str
    command: Command
    cause: EventId = ""
    traceparent: str = ""
    time: float = 0.0
