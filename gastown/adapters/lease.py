"""The host's side of its lease: granted by the town under an epoch, kept alive by renewals, lost to a later host.

While the town is away the host works on: nobody can take over without it. But a process that was frozen does not know
what happened meanwhile. It is in doubt until the town has confirmed its lease again, and does nothing until then that
could get into a successor's way.
"""

import anyio
import msgspec

from gastown.actors.reports import LEASE, RENEW, TOWN, Farewell, Hello, Receipt, Renewal, Told, service
from gastown.bus.commands import Commands
from gastown.clock import monotonic
from gastown.errors import GastownError, TakenError, UnreachableError
from gastown.events.ids import HostName
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

_log = get_logger("gastown.host")

_PATIENCE = 5.0  # seconds for one answer
_FIRST_PAUSE, _LONGEST_PAUSE = 0.05, 2.0


class Lease:
    """One host process's. epoch: 0 before it is granted. lost: set once another host holds it, for good.

    town: the service that hears this host.
    """

    def __init__(self, commands: Commands, host: str, machine: str, name: HostName = "", slots: int = 0) -> None:
        """name, slots: of a host on another machine than the town's own."""
        self.town = service(TOWN, name)
        self.epoch = 0
        self.lost = anyio.Event()
        self._commands = commands
        self._hello = Hello(host=host, machine=machine, slots=slots)
        self._granted = anyio.Event()
        self._parted = False
        self._awake = monotonic()  # when this process is known to have run
        self._doubted = self._confirmed = self._awake  # since when in doubt; when the last words were said that helped

    async def granted(self) -> int:
        """The epoch, as soon as there is one."""
        await self._granted.wait()
        return self.epoch

    async def greet(self) -> None:
        """Say hello until the town has answered. It hands over (again) what is due."""
        await self._insist(self._hello)

    async def keep(self) -> None:
        """Renew the lease every few seconds, until it is lost."""
        await self._granted.wait()
        while not self.lost.is_set():
            await anyio.sleep(RENEW)
            if self._parted:
                return
            await self._said(self._renewal)

    async def part(self, *, over: bool) -> None:
        """Say that this host is being taken down, or is done (over), until the town has answered."""
        await self._granted.wait()
        self._parted = over
        await self._insist(Farewell(host=self._hello.host, epoch=self.epoch, over=over))

    async def confirmed(self) -> None:
        """Returns when this host is sure to hold the lease: at once, unless it was frozen. Never, once it is lost."""
        await self._granted.wait()
        while not self._is_sure():
            await self._insist(self._renewal)
            if self.lost.is_set():
                await anyio.sleep_forever()

    def admit(self, epoch: int) -> None:
        """Returns when an errand for the host of this epoch is ours to carry out.

        Raises TakenError when it is not, UnreachableError while we are in doubt.
        """
        if self.epoch and epoch > self.epoch:
            self.lose(f"an errand is for host epoch {epoch}")
        if epoch != self.epoch or self.lost.is_set():
            msg = f"the errand is for host epoch {epoch}, this one has {self.epoch}"
            raise TakenError(msg)
        if not self._is_sure():
            msg = f"host epoch {epoch} was frozen, and asks first whether its lease still holds"
            raise UnreachableError(msg)

    def lose(self, reason: str) -> None:
        """The town, or an errand, says that a later host is there."""
        if not self.lost.is_set():
            _log.warning("lease.lost", epoch=self.epoch, reason=reason)
            self.lost.set()

    @property
    def _renewal(self) -> Renewal:
        return Renewal(host=self._hello.host, epoch=self.epoch)

    def _is_sure(self) -> bool:
        self._look_at_clock()
        return self._confirmed >= self._doubted and not self.lost.is_set()

    def _look_at_clock(self) -> None:
        now = monotonic()
        if now - self._awake > LEASE:
            _log.warning("lease.in_doubt", epoch=self.epoch, seconds=round(now - self._awake, 1))
            self._doubted = now
        self._awake = now

    async def _insist(self, words: Told) -> None:
        pause = _FIRST_PAUSE
        while not (self.lost.is_set() or await self._said(words)):
            await anyio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _said(self, words: Told) -> bool:
        """Whether the town has answered."""
        self._look_at_clock()
        sent = self._awake
        try:
            reply = await self._commands.request(self.town, msgspec.json.encode(words), patience=_PATIENCE)
            receipt = msgspec.json.decode(reply, type=Receipt)
        except UnreachableError:
            return False
        except (GastownError, *NOT_JSON) as error:
            _log.error("lease.not_answered", error=str(error))
            return False
        self._look_at_clock()
        if receipt.superseded:
            self.lose(receipt.message)
        elif receipt.ok:
            self.epoch = receipt.epoch
            self._confirmed = max(self._confirmed, sent)
            self._granted.set()
        return receipt.ok or receipt.superseded
