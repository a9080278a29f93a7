"""One call of one method: what it is given, how it reads, how it writes."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

import msgspec

from gastown.actors.commands.command import Command, Order, Owner
from gastown.actors.errands import Question
from gastown.actors.kernel.answer import Accepted
from gastown.actors.kernel.role import Rejected
from gastown.api.abroad import Of
from gastown.api.desk import Desk
from gastown.api.identity import Speaker
from gastown.clock import now
from gastown.errors import Code, GastownError, RefusedError
from gastown.events.ids import Entity, HostName
from gastown.projections.kernel.store import Store
from gastown.projections.when import When

_VIEWS_PATIENCE = 20.0  # seconds

P = TypeVar("P")


class DecidedAgainstError(GastownError):
    """A rule said no: an order's rejection on its way to the caller."""

    def __init__(self, rejected: Rejected) -> None:
        super().__init__(rejected.reason, rejected.hint)
        self.code: Code = rejected.code


class Nothing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The params of a method that takes none."""


class Reply(msgspec.Struct, frozen=True):
    """position: what `data` is true at; of a write, where it is in the log."""

    position: int
    data: Any


@dataclass(frozen=True, kw_only=True)
class Call:
    """store: the views, as of the position asked for. emit: streams something ahead of the reply.

    command_id: of the order this call gives; the same with every retry of the call. then: the moment asked for, None
    for now. of: another town, whose log and views `desk` then holds; None for this one. home: this town's own.
    """

    desk: Desk
    home: Desk
    speaker: Speaker
    store: Store
    then: When | None
    command_id: str
    traceparent: str
    emit: Callable[[Any], Awaitable[None]]
    of: Of | None = None

    @property
    def town(self) -> str:
        """The one it is about."""
        return self.of.town if self.of else self.desk.town.name

    @property
    def is_live(self) -> bool:
        """About this town, now: what is not in the log can be looked at."""
        return self.then is None and self.of is None

    def reply(self, data: Any) -> Reply:
        """To a question."""
        return Reply(self.store.position, data)

    @property
    def moment(self) -> float:
        """The time it is for this call: seconds since the epoch."""
        return self.then.time if self.then else now()

    async def order(self, to: Owner, command: Command) -> Accepted:
        """Have it decided; the views hold the outcome when this returns. Raises GastownError."""
        self._only_here()
        order = Order(
            id=self.command_id,
            to=to,
            actor=self.speaker.actor,
            command=command,
            traceparent=self.traceparent,
            time=now(),
        )
        answer = await self.desk.runtime.send(order)
        if isinstance(answer, Rejected):
            raise DecidedAgainstError(answer)
        await self.desk.runner.wait_for(answer.position, _VIEWS_PATIENCE)
        return answer

    async def ask(self, question: Question, kind: type[P], patience: float = 20.0, of: HostName | None = None) -> P:
        """A host's answer; of: see Ask. patience: seconds. Raises GastownError with the host's words."""
        self._only_here()
        return msgspec.convert(await self.desk.ask(question, patience, of), kind)

    def _only_here(self) -> None:
        if self.of is not None:
            raise RefusedError(
                f"only {self.of.town} itself can answer that", f"on its machine: gt --town {self.of.town}"
            )


@dataclass(frozen=True, kw_only=True)
class Method(Generic[P]):
    """run: does it. workers: a session may call it, and `run` sees to it that it acts for itself only.

    timed: it answers as of an earlier moment, and about another town, if asked to. about: which entities an answer as
    of then is folded from, by what is known of them now, where those few are enough; None for all. log_only: it reads
    the log, and no view.
    """

    run: Callable[[Call, P], Awaitable[Reply]]
    params: type[P]
    workers: bool = False
    timed: bool = False
    log_only: bool = False
    about: Callable[[Desk, P], Awaitable[Iterable[Entity] | None]] | None = None
