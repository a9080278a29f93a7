"""Bundles in memory: the names of the commits, which the store knows. See `bundles.py`."""

from collections.abc import AsyncGenerator, AsyncIterable, Sequence

import msgspec

from gastown.adapters.git.bundles import checked, too_large
from gastown.adapters.git.memory_repositories import MemoryRepositories
from gastown.adapters.git.port import BUNDLE_CHUNK, BasisMissingError, GitFailedError
from gastown.events.ids import Commit
from gastown.not_json import NOT_JSON


class _Bundle(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    basis: tuple[Commit, ...]
    commits: tuple[Commit, ...]


class MemoryBundles:
    """Of one rig."""

    def __init__(self, repositories: MemoryRepositories) -> None:
        self._repositories = repositories

    async def bundle(self, commit: Commit, basis: Sequence[Commit]) -> AsyncGenerator[bytes]:
        """See RigGit.bundle."""
        refinery, commits = self._repositories.refinery, self._repositories.commits
        await self._repositories.pause("bundle: begin")
        refinery.demand(f"bundling {commit[:12]}", commit)
        without = tuple(dict.fromkeys(one for one in basis if refinery.holds(one)))
        names = tuple(found.id for found in reversed(commits.history([commit], without)))
        content = msgspec.json.encode(_Bundle(basis=without, commits=names))
        for start in range(0, len(content), BUNDLE_CHUNK):
            yield content[start : start + BUNDLE_CHUNK]

    async def unbundle(self, chunks: AsyncIterable[bytes], commit: Commit, ref: str, *, limit: int) -> None:
        """See RigGit.unbundle."""
        checked(commit, ref)
        step, refinery = f"unbundling {commit[:12]}", self._repositories.refinery
        await self._repositories.pause("unbundle: begin")
        bundle = await _received(chunks, limit, step)
        lacking = [one for one in bundle.basis if not refinery.holds(one)]
        if lacking:
            raise BasisMissingError(f"{step}: it goes on from {lacking[0][:12]}, which is not here")
        for name in (*bundle.commits, commit):
            if name not in self._repositories.commits:
                raise GitFailedError(f"{step}: bad object {name}")
        if commit not in bundle.commits:
            refinery.demand(step, commit)
        known = {*bundle.commits}
        for name in bundle.commits:
            refinery.demand(step, *(one for one in self._repositories.commits[name].parents if one not in known))
        refinery.bring([commit])
        await self._repositories.pause("unbundle: stored")
        self._repositories.pinned(ref, commit)


async def _received(chunks: AsyncIterable[bytes], limit: int, step: str) -> _Bundle:
    content = b""
    async for chunk in chunks:
        content += chunk
        if len(content) > limit:
            raise too_large(step, limit)
    try:
        return msgspec.json.decode(content, type=_Bundle)
    except NOT_JSON as error:
        raise GitFailedError(f"{step}: that is no bundle") from error
