"""The port to a hub: what a town may ask it."""

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar, get_args

import msgspec

from gastown.bus.hub_protocol import HubReply, Join, Question, Return
from gastown.errors import Code, GastownError
from gastown.not_json import NOT_JSON

T = TypeVar("T")


class Hub(Protocol):
    """Each raises UnreachableError: nobody answers, and what became of the question is not known."""

    async def ask_at_door(self, urls: Sequence[str], authority: str, question: Join | Return) -> HubReply:
        """Of a hub that does not let the town in yet, or not any more. authority: the hub's certificate (PEM).

        Also raises UntrustedServerError.
        """
        ...

    async def ask(self, question: Question) -> HubReply:
        """Of the hub that the town's server is connected to."""
        ...


class HubRefusedError(GastownError):
    """The hub says no, in its own words."""

    def __init__(self, reply: HubReply) -> None:
        super().__init__(reply.message, reply.hint)
        self.code: Code = next((code for code in get_args(Code) if code == reply.code), "refused")


def question_of(question: Question) -> str:
    """Its name, as it stands in the subject."""
    config: Any = question.__struct_config__
    return str(config.tag)


def read_reply(payload: bytes) -> HubReply:
    """Raises HubRefusedError for what is none: the hub is of another version."""
    try:
        return msgspec.json.decode(payload, type=HubReply)
    except NOT_JSON as error:
        said = HubReply(ok=False, message=f"the hub's answer cannot be read: {error}", hint="gt hub status, there")
        raise HubRefusedError(said) from error


def granted(reply: HubReply, kind: type[T]) -> T:
    """What it answers. Raises HubRefusedError."""
    if not reply.ok:
        raise HubRefusedError(reply)
    try:
        return msgspec.convert(reply.data, kind)
    except msgspec.ValidationError as error:
        said = HubReply(ok=False, message=f"the hub's answer cannot be read: {error}", hint="gt hub status, there")
        raise HubRefusedError(said) from error
