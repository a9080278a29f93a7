"""Bundles: commits on their way to a rig that need not know the origin they came from. See RigGit.bundle.

In git's own format, its header written here: `git bundle create` takes a commit only by the name of a ref. What arrives
is somebody else's: it is looked at in a quarantine, with every object checked and every link followed, before any of it
is in the Refinery's repository. The refs that a bundle names are passed over; the commit is named by whoever wants it.
"""

import re
from collections.abc import AsyncGenerator, AsyncIterable, Iterable, Sequence
from pathlib import Path

import anyio

from gastown.adapters.git import packs
from gastown.adapters.git.port import BUNDLE_CHUNK, KEPT, OWN_REFS, BasisMissingError, GitFailedError
from gastown.adapters.git.repositories import Repositories, remove_tree
from gastown.events.ids import Commit

LONGEST_HEADER = 1 << 20
_SIGNATURES = (b"# v2 git bundle\n", b"# v3 git bundle\n")
_NAME = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_BASIS = re.compile(rb"^-([0-9a-f]+)(?: .*)?$", re.MULTILINE)


class Bundles:
    """Of one rig."""

    def __init__(self, repositories: Repositories) -> None:
        self._repositories = repositories
        self._refinery = repositories.refinery

    async def bundle(self, commit: Commit, basis: Sequence[Commit]) -> AsyncGenerator[bytes]:
        """See RigGit.bundle."""
        known = await self._commits_here([commit, *basis])
        if commit not in known:
            raise GitFailedError(f"bundling {commit[:12]}: it is not here")
        outgoing = self._repositories.scratch()
        outgoing.mkdir()
        try:
            without = tuple(dict.fromkeys(one for one in basis if one in known))
            pack = await self._pack(outgoing, commit, without)
            yield _header(commit, without)
            async with await anyio.open_file(pack, "rb") as file:
                while chunk := await file.read(BUNDLE_CHUNK):
                    yield chunk
        finally:
            with anyio.CancelScope(shield=True):
                await remove_tree(outgoing)

    async def _pack(self, outgoing: Path, commit: Commit, without: Sequence[Commit]) -> Path:
        wanted = "".join(f"{line}\n" for line in (commit, "--not", *without)).encode()
        words = ("-c", "core.fsync=none", "pack-objects", "--revs", "--quiet", "--delta-base-offset")
        made = await self._refinery.run(*words, str(outgoing / "pack"), step=f"bundling {commit[:12]}", stdin=wanted)
        return outgoing / f"pack-{made.text}.pack"

    async def unbundle(self, chunks: AsyncIterable[bytes], commit: Commit, ref: str, *, limit: int) -> None:
        """See RigGit.unbundle."""
        checked(commit, ref)
        step = f"unbundling {commit[:12]}"
        incoming = self._repositories.scratch()
        incoming.mkdir()
        try:
            header = await _receive(chunks, incoming / "arrived", limit, step)
            await self._demand_basis(_basis(header, step), step)
            pack = await self._quarantined(incoming / "arrived", incoming / "objects", commit, step)
            if packs.count(pack):
                await packs.store(self._refinery, pack, step)
        finally:
            with anyio.CancelScope(shield=True):
                await remove_tree(incoming)
        await self._repositories.pinned(ref, commit, f"pinning {commit[:12]} at {ref}")

    async def _demand_basis(self, basis: Sequence[Commit], step: str) -> None:
        here = await self._commits_here(basis)
        lacking = [one for one in basis if one not in here]
        if lacking:
            raise BasisMissingError(f"{step}: it goes on from {lacking[0][:12]}, which is not here")

    async def _quarantined(self, arrived: Path, objects: Path, commit: Commit, step: str) -> Path:
        """The pack, seen to be whole and to lead to `commit`; the Refinery's repository has nothing of it yet."""
        (objects / "pack").mkdir(parents=True)
        apart = {
            "GIT_OBJECT_DIRECTORY": str(objects),
            "GIT_ALTERNATE_OBJECT_DIRECTORIES": str(self._refinery.git_dir / "objects"),
        }
        check = ("-c", "core.fsync=none", "index-pack", "--stdin", "--strict")
        made = await self._refinery.run(*check, step=step, stdin=arrived, environment=apart)
        kind = await self._refinery.run("cat-file", "-t", commit, step=step, environment=apart)
        if kind.text != "commit":
            raise GitFailedError(f"{step}: it is a {kind.text}")
        follow = ("rev-list", "--objects", "--quiet", commit, "--not", "--all")
        await self._refinery.run(*follow, step=step, environment=apart)
        return objects / "pack" / f"pack-{made.text.split()[-1]}.pack"

    async def _commits_here(self, names: Iterable[Commit]) -> set[Commit]:
        asked = "".join(f"{name}\n" for name in names if _NAME.fullmatch(name)).encode()
        answered = await self._refinery.run("cat-file", "--batch-check", step="looking for commits", stdin=asked)
        return {name for name, kind, *_ in map(str.split, answered.lines) if kind == "commit"}


def checked(commit: Commit, ref: str) -> None:
    """Raises GitFailedError for a name that is none, ValueError for a ref that is not the town's own."""
    if not _NAME.fullmatch(commit):
        raise GitFailedError(f"not the full name of a commit: {commit[:64]!r}")
    if not ref.startswith((OWN_REFS, KEPT)):
        raise ValueError(f"not below {OWN_REFS}, nor {KEPT}: {ref}")


def too_large(step: str, limit: int) -> GitFailedError:
    return GitFailedError(f"{step}: it is larger than {limit} bytes")


def _header(commit: Commit, without: Iterable[Commit]) -> bytes:
    begin = "# v3 git bundle\n@object-format=sha256\n" if len(commit) == 64 else "# v2 git bundle\n"
    return (begin + "".join(f"-{one}\n" for one in without) + f"{commit} {OWN_REFS}bundled\n\n").encode()


def _basis(header: bytes, step: str) -> list[Commit]:
    if not header.startswith(_SIGNATURES):
        raise GitFailedError(f"{step}: that is no bundle")
    return [name.decode() for name in _BASIS.findall(header)]


async def _receive(chunks: AsyncIterable[bytes], place: Path, limit: int, step: str) -> bytes:
    """Write the pack in it to `place`, and return the header."""
    header, size, begun = b"", 0, False
    async with await anyio.open_file(place, "wb") as file:
        async for chunk in chunks:
            size += len(chunk)
            if size > limit:
                raise too_large(step, limit)
            if begun:
                await file.write(chunk)
                continue
            header, found, rest = (header + chunk).partition(b"\n\n")
            begun = bool(found)
            if len(header) > LONGEST_HEADER:
                raise GitFailedError(f"{step}: that is no bundle")
            if begun:
                await file.write(rest)
    return header
