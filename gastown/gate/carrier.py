"""An outer host's side of the luggage: it has what its sandboxes are made of, and brings home what is left in them."""

import hashlib
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import TypeVar

import anyio
import anyio.to_thread

from gastown.actors.errands import Errand
from gastown.adapters.effects.site import Rigs
from gastown.adapters.git.home_copy import HomeCopy
from gastown.adapters.git.port import OWN_REFS, GitFailedError
from gastown.bus.commands import Commands
from gastown.bus.gate_protocol import LUGGAGE
from gastown.bus.luggage_protocol import (
    Asked,
    AskParcel,
    AskPiece,
    Bring,
    Left,
    No,
    Offer,
    Parcel,
    Permit,
    Piece,
    Said,
    Taken,
    decode_said,
    encode,
)
from gastown.clock import new_id
from gastown.errors import GastownError, UnreachableError
from gastown.events.ids import Commit, HostName, RigName, SessionId
from gastown.events.rig import RigConfig
from gastown.events.session import Earlier
from gastown.gate import bundle_file
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

LARGEST = 16 * 1024**3
"""Bytes of a bundle from home."""
_PATIENCE = 60.0  # seconds for one answer: packing a large repository takes a while
_FIRST_PAUSE, _LONGEST_PAUSE = 0.2, 5.0  # seconds

_log = get_logger("gastown.host")


class _AgainError(Exception):
    """What was begun is known no more: it begins anew."""


class Carrier:
    """A Homeward. folder: for bundles on their way, its own. rigs: whose target is a HomeCopy's."""

    far = True

    def __init__(self, commands: Commands, host: HostName, rigs: Rigs, folder: Path) -> None:
        self._commands = commands
        self._service = f"{LUGGAGE}.{host}"
        self._rigs = rigs
        self._folder = folder
        self._locks: dict[RigName, anyio.Lock] = {}

    async def supply(self, errand: Errand, rig: RigName, session: SessionId, earlier: Earlier | None) -> None:
        config = errand.rig
        if config is None:
            raise GitFailedError(f"{session} comes without its rig")
        permit = Permit(rig=rig, session=session, word=errand.permit)
        async with self._locks.setdefault(rig, anyio.Lock()):
            copy = copy_of(self._rigs.folder / rig, config)
            tip = await copy.tip()
            async with self._fetched(permit, "", (tip,) if tip else ()) as (commit, bundle):
                if bundle is not None:
                    await copy.take(bundle, commit)
        if earlier is not None:
            await self._supply_earlier(permit, config, earlier)

    async def _supply_earlier(self, permit: Permit, config: RigConfig, earlier: Earlier) -> None:
        git = await self._rigs.ready(permit.rig, config)
        tip = await git.target(fetch=True)
        async with self._fetched(permit, earlier.commit, (tip,)) as (commit, bundle):
            if bundle is not None:
                ref = f"{OWN_REFS}earlier/{earlier.session}"
                await git.unbundle(bundle_file.chunks(bundle), commit, ref, limit=LARGEST)

    async def bring(
        self, errand: Errand, rig: RigName, session: SessionId, left: Left, commit: Commit, base: Commit
    ) -> None:
        permit = Permit(rig=rig, session=session, word=errand.permit)
        git = await self._rigs.ready(rig, errand.rig)
        bundle = self._folder / new_id()
        try:
            digest, size = await bundle_file.write(bundle, git.bundle(commit, (base,) if base else ()))
            offer = Offer(permit=permit, left=left, commit=commit, digest=digest, size=size)
            await self._insist(lambda: self._deliver(offer, bundle))
        finally:
            bundle.unlink(missing_ok=True)

    async def _deliver(self, offer: Offer, bundle: Path) -> None:
        taken = _expected(await self._asked(offer), Taken)
        while not taken.home:
            data = await anyio.to_thread.run_sync(bundle_file.read, bundle, taken.size)
            piece = Bring(permit=offer.permit, digest=offer.digest, offset=taken.size, data=data)
            taken = _expected(await self._asked(piece), Taken)

    @asynccontextmanager
    async def _fetched(
        self, permit: Permit, commit: Commit, basis: tuple[Commit, ...]
    ) -> AsyncGenerator[tuple[Commit, Path | None]]:
        """The commit, and the bundle that brings it, as long as the context is open; None where none is needed."""
        place, asked = self._folder / new_id(), AskParcel(permit=permit, commit=commit, basis=basis)
        found: list[Parcel] = []

        async def fetch() -> None:
            parcel = _expected(await self._asked(asked), Parcel)
            if parcel.id:
                await self._receive(permit, parcel, place)
            found.append(parcel)

        try:
            await self._insist(fetch)
            yield found[-1].commit, place if found[-1].id else None
        finally:
            place.unlink(missing_ok=True)

    async def _receive(self, permit: Permit, parcel: Parcel, place: Path) -> None:
        digest, size = hashlib.sha256(), 0
        place.parent.mkdir(parents=True, exist_ok=True)
        async with await anyio.open_file(place, "wb") as out:
            while size < parcel.size:
                piece = _expected(await self._asked(AskPiece(permit=permit, parcel=parcel.id, offset=size)), Piece)
                if not piece.data:
                    raise _AgainError
                digest.update(piece.data)
                size += len(piece.data)
                await out.write(piece.data)
        if digest.hexdigest() != parcel.digest:
            raise _AgainError
        with suppress(GastownError):  # else it is given up for another, sooner or later
            await self._commands.request(self._service, encode(_end_of(permit, parcel)), patience=_FIRST_PAUSE)

    async def _insist(self, act: Callable[[], Awaitable[None]]) -> None:
        pause = _FIRST_PAUSE
        while True:
            try:
                return await act()
            except _AgainError:
                _log.info("luggage.begun_anew")
            await anyio.sleep(pause)
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _asked(self, question: Asked) -> Said:
        """Asked until it is answered, while the home cannot be reached."""
        pause = _FIRST_PAUSE
        while True:
            try:
                return decode_said(await self._commands.request(self._service, encode(question), patience=_PATIENCE))
            except UnreachableError:
                await anyio.sleep(pause)
                pause = min(2 * pause, _LONGEST_PAUSE)
            except (GastownError, *NOT_JSON) as error:
                raise GitFailedError(f"the home's answer cannot be taken: {error}") from error


_T = TypeVar("_T", Parcel, Piece, Taken)


def _expected(said: Said, kind: type[_T]) -> _T:
    if isinstance(said, kind):
        return said
    if isinstance(said, No) and said.again:
        raise _AgainError
    msg = said.message if isinstance(said, No) else f"home answers with a {type(said).__name__}"
    raise GitFailedError(msg)


def _end_of(permit: Permit, parcel: Parcel) -> AskPiece:
    return AskPiece(permit=permit, parcel=parcel.id, offset=parcel.size)


def copy_of(folder: Path, config: RigConfig) -> HomeCopy:
    return HomeCopy(folder, config.target)


def seen_from_here(folder: Path, config: RigConfig) -> RigConfig:
    """For Rigs."""
    return copy_of(folder, config).seen_from_here(config)
