"""The town's end of the lines to its hosts: effects go out as errands until a host has them, questions get answers."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeAlias

import anyio
import msgspec

from gastown.actors.effects import Effect, HostEffect, host_of
from gastown.actors.errands import AskDiff, AskOutput, AskPeek, AskSandbox, AskSeance, Errand, Question, Reply
from gastown.actors.reports import HOST, service
from gastown.bus.commands import Commands
from gastown.errors import (
    GastownError,
    RefusedError,
    TakenError,
    UnknownThingError,
    UnreachableError,
    UsageError,
)
from gastown.events.account import AccountSpec
from gastown.events.ids import Commit, HostName, SessionId
from gastown.events.kept import Text
from gastown.events.policy import Policy
from gastown.events.rig import RigConfig
from gastown.loggers import get_logger

_log = get_logger()

ACCEPT_PATIENCE = 5.0  # seconds: the host accepts before it begins
FIRST_WAIT, LONGEST_WAIT = 0.05, 1.0  # seconds between repeats


class Equipment(msgspec.Struct, frozen=True, kw_only=True):
    """What goes along with an effect, as it stands now: the fields of Errand of these names."""

    rig: RigConfig | None = None
    instructions: Text = ""
    brief: Text = ""
    mails: tuple[str, ...] = ()
    handoff: Text = ""
    most_output: int = 0
    fill: int = 0
    policy: Policy | None = None
    account: AccountSpec | None = None
    look_from: Commit | None = None
    token: str = ""
    permit: str = ""


Equip: TypeAlias = Callable[[HostEffect], Awaitable[Equipment]]
"""Raises GastownError: it is asked again."""

_ERRORS: dict[str, type[GastownError]] = {
    error.code: error for error in (UsageError, RefusedError, UnknownThingError, TakenError, UnreachableError)
}


class RemoteHost:
    """A Performer. epoch: of this town process; a host that has seen a later one refuses this one's errands.

    holder: the epoch of a host's lease, 0 while nobody has it; errands are for its holder alone. where: which host a
    session is with, or was.
    """

    def __init__(
        self,
        commands: Commands,
        epoch: int,
        equip: Equip,
        holder: Callable[[HostName], int],
        where: Callable[[SessionId], HostName],
    ) -> None:
        self._commands = commands
        self._epoch = epoch
        self._equip = equip
        self._holder = holder
        self._where = where

    async def perform(self, effect: Effect, *, cause: str, traceparent: str) -> None:
        if not isinstance(effect, HostEffect):
            msg = f"{type(effect).__name__} is not for a host"
            raise TypeError(msg)
        given = Errand(epoch=self._epoch, host=0, effect=effect, cause=cause, traceparent=traceparent)
        errand, wait, host = await self._equipped(given), FIRST_WAIT, host_of(effect) or ""
        while not await self._accepted(host, msgspec.structs.replace(errand, host=self._holder(host))):
            await anyio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)

    async def _equipped(self, errand: Errand) -> Errand:
        """With all it takes, once that can be had."""
        while True:
            try:
                equipment = await self._equip(errand.effect)
            except GastownError as error:
                _log.warning("an errand cannot be made ready", key=errand.effect.key, reason=error.message)
                await anyio.sleep(LONGEST_WAIT)
            else:
                return msgspec.structs.replace(errand, **msgspec.structs.asdict(equipment))

    async def _accepted(self, host: HostName, errand: Errand) -> bool:
        if not errand.host:
            return False
        try:
            reply = await self._request(host, msgspec.json.encode(errand), ACCEPT_PATIENCE)
        except GastownError as error:
            if not isinstance(error, UnreachableError):
                _log.error("an errand cannot be handed over", key=errand.effect.key, reason=error.message)
            return False
        if not reply.ok:
            _log.warning("the host does not take an errand", key=errand.effect.key, reason=reply.message)
        return reply.ok

    async def ask(self, question: Question, patience: float, of: HostName | None = None) -> Any:
        """The answer of this host, as plain data. None: that of the session it is about, if it is about one, else home.

        Raises GastownError with the host's words; UnreachableError in the end.
        """
        host = self._whose(question) if of is None else of
        payload = msgspec.json.encode(question)
        with anyio.move_on_after(patience):
            while True:
                try:
                    reply = await self._request(host, payload, patience)
                except UnreachableError:
                    await anyio.sleep(LONGEST_WAIT / 4)
                    continue
                if reply.ok:
                    return reply.data
                raise _ERRORS.get(reply.code, RefusedError)(reply.message, reply.hint)
        if host:
            msg = f"host {host} does not answer"
            raise UnreachableError(msg, "see whether it is up: gt host list")
        msg = "the town's host does not answer"
        raise UnreachableError(msg, "see logs/host.log; it is being restarted")

    def _whose(self, question: Question) -> HostName:
        if isinstance(question, AskSandbox | AskPeek | AskOutput | AskDiff | AskSeance) and question.session:
            return self._where(question.session)
        return ""

    async def wait_there(self) -> None:
        """Until the host at home answers at all, even if it is to say that it does not understand."""
        while True:
            try:
                await self._request("", b"{}", ACCEPT_PATIENCE)
            except UnreachableError:
                await anyio.sleep(FIRST_WAIT)
            else:
                return

    async def _request(self, host: HostName, payload: bytes, patience: float) -> Reply:
        answer = await self._commands.request(service(HOST, host), payload, patience=patience)
        return msgspec.json.decode(answer, type=Reply)
