"""The home host's side of the luggage: outer hosts get what their sandboxes are made of, and bring what is left.

Each asks only for sessions that were given to it, and only what such a session leaves is taken, under that session's
own names. Bundles lie in a folder for a while, bounded in number and size; a host that starts begins with none.
"""

import hashlib
from collections import deque
from pathlib import Path

import anyio
import anyio.to_thread

from gastown.adapters.effects.keeping import kept_ref
from gastown.adapters.effects.site import Rigs
from gastown.adapters.git.port import BasisMissingError, RigGit
from gastown.adapters.git.tips import SUBMITTED
from gastown.bus.gate_protocol import LUGGAGE
from gastown.bus.gate_server import TOWN_USER
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
    decode_asked,
    encode,
    is_permitted,
)
from gastown.bus.nats_commands import NatsCommands
from gastown.bus.nats_connection import connect
from gastown.bus.trust import trusting
from gastown.clock import new_id
from gastown.config import TownConfig
from gastown.errors import GastownError
from gastown.events.ids import Commit, HostName, submission_id
from gastown.gate import bundle_file, place
from gastown.loggers import get_logger
from gastown.not_json import NOT_JSON

LOOK = 2.0
"""Seconds between two looks for a gate."""
MOST = 16
"""Parcels, and offers, on their way at a time; the oldest is given up for another, and begins anew if it is wanted."""
LARGEST = 4 * 1024**3
"""Bytes of a bundle that is brought."""

_REMEMBERED = 256  # offers that were taken: the answer that says so may be lost

_log = get_logger("gastown.host")


def ref_of(left: Left, permit: Permit) -> str:
    """Where at home a session's commit is pinned."""
    if left == "submitted":
        return f"{SUBMITTED}{submission_id(permit.rig, permit.session)}"
    return kept_ref(permit.session)


class LuggageRoom:
    """`answer` is for `Commands.serve_each`. folder: its own, emptied at the start. secret: the town's."""

    def __init__(self, rigs: Rigs, folder: Path, secret: bytes) -> None:
        self._rigs = rigs
        self._folder = folder
        self._secret = secret
        self._parcels: dict[str, Path] = {}
        self._offers: dict[str, Offer] = {}
        self._home: deque[Offer] = deque(maxlen=_REMEMBERED)
        self._lock = anyio.Lock()

    async def answer(self, host: HostName, payload: bytes) -> bytes:
        try:
            asked = decode_asked(payload)
            if not is_permitted(self._secret, host, asked.permit):
                return encode(No(message=f"session {asked.permit.session} is not with host {host}"))
            return encode(await self._said(asked))
        except NOT_JSON as error:
            return encode(No(message=f"this is no question: {error}"))
        except BasisMissingError as error:
            return encode(No(message=error.message, again=True))
        except (GastownError, OSError) as error:
            _log.warning("luggage.refused", host=host, error=str(error))
            return encode(No(message=str(error)))

    async def _said(self, asked: Asked) -> Said:
        match asked:
            case AskParcel():
                return await self._pack(asked)
            case AskPiece():
                return await self._piece(asked)
            case Offer():
                return await self._offered(asked)
            case Bring():
                return await self._brought(asked)

    async def _pack(self, asked: AskParcel) -> Said:
        git = await self._rigs.ready(asked.permit.rig, None)
        commit = asked.commit or await self._target(asked.permit, git)
        if commit in asked.basis:
            return Parcel(commit=commit)
        name = new_id()
        digest, size = await bundle_file.write(self._folder / name, git.bundle(commit, asked.basis))
        while len(self._parcels) >= MOST:
            self._drop(next(iter(self._parcels)))
        self._parcels[name] = self._folder / name
        return Parcel(commit=commit, id=name, size=size, digest=digest)

    async def _target(self, permit: Permit, git: RigGit) -> Commit:
        await self._rigs.refresh(permit.rig, git)
        return await git.target(fetch=False)

    async def _piece(self, asked: AskPiece) -> Said:
        file = self._parcels.get(asked.parcel)
        if file is None:
            return No(message="this parcel is here no more", again=True)
        data = await anyio.to_thread.run_sync(bundle_file.read, file, asked.offset)
        if not data:  # whoever asks beyond its end has it all
            self._drop(asked.parcel)
        return Piece(data=data)

    def _drop(self, parcel: str) -> None:
        self._parcels.pop(parcel).unlink(missing_ok=True)

    async def _offered(self, offer: Offer) -> Said:
        if offer.size > LARGEST:
            return No(message=f"{offer.size} bytes are more than a bundle may have, which is {LARGEST}")
        if offer in self._home:
            return Taken(size=offer.size, home=True)
        while offer.digest not in self._offers and len(self._offers) >= MOST:
            self._give_up(next(iter(self._offers)))
        self._offers[offer.digest] = offer
        return Taken(size=self._size(offer.digest))

    def _give_up(self, digest: str) -> None:
        del self._offers[digest]
        self._file(digest).unlink(missing_ok=True)

    async def _brought(self, piece: Bring) -> Said:
        async with self._lock:
            offer = self._offers.get(piece.digest)
            if offer is None or offer.permit != piece.permit:
                return No(message="this was not offered, or is home already", again=True)
            size = self._size(piece.digest)
            if piece.offset == size and size + len(piece.data) <= offer.size:
                await anyio.to_thread.run_sync(bundle_file.append, self._file(piece.digest), piece.data)
                size += len(piece.data)
            if size < offer.size:
                return Taken(size=size)
            del self._offers[piece.digest]
        return await self._unpack(offer)

    async def _unpack(self, offer: Offer) -> Said:
        file = self._file(offer.digest)
        try:
            if await anyio.to_thread.run_sync(bundle_file.digest, file) != offer.digest:
                return No(message="what came is not what was offered", again=True)
            git = await self._rigs.ready(offer.permit.rig, None)
            ref = ref_of(offer.left, offer.permit)
            await git.unbundle(bundle_file.chunks(file), offer.commit, ref, limit=LARGEST)
        finally:
            file.unlink(missing_ok=True)
        self._home.append(offer)
        return Taken(size=offer.size, home=True)

    def _file(self, digest: str) -> Path:
        return self._folder / f"offer-{hashlib.sha256(digest.encode()).hexdigest()}"

    def _size(self, digest: str) -> int:
        file = self._file(digest)
        return file.stat().st_size if file.exists() else 0


async def serve_luggage(town: TownConfig, rigs: Rigs) -> None:
    """At the gate, while there is one, until cancelled."""
    room = LuggageRoom(rigs, town.path / "host" / "luggage", town.secret())
    while True:
        try:
            gate = place.read(town)
            if gate is not None:
                trust = trusting(place.authority(town))
                async with connect(
                    gate.own_url(), name="host", user=TOWN_USER, password=gate.password, trust=trust
                ) as connection:
                    commands = NatsCommands(connection, town.name, town.incarnation)
                    async with commands.serve_each(LUGGAGE, room.answer):
                        await anyio.sleep_forever()
        except GastownError as error:
            _log.info("luggage.gate_closed", error=error.message)
        await anyio.sleep(LOOK)
