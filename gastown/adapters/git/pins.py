"""Pins: what must not be lost is copied from the workers' repository into the Refinery's, flushed, and given a ref.

Not by `git fetch`: that runs in the workers' repository, and its check afterwards walks from every pin there is, so
each pin would cost more than the last. Packing here, with the workers' objects as alternates, reads objects only; the
pack holds all that the target's history lacks; unpacking computes each object's name anew and misses none.
"""

from pathlib import Path

from gastown.adapters.git import packs
from gastown.adapters.git.repositories import Repositories, remove_tree
from gastown.adapters.git.target import Target
from gastown.events.ids import Commit, SessionId


class Pins:
    """Of one rig."""

    def __init__(self, repositories: Repositories, target: Target) -> None:
        self._repositories = repositories
        self._refinery = repositories.refinery
        self._target = target

    async def pin(self, session: SessionId, ref: str, commit: Commit) -> None:
        """See RigGit.pin."""
        incoming = self._repositories.scratch()
        incoming.mkdir()
        try:
            pack = await self._pack(session, incoming, commit)
            if pack is not None:
                await packs.store(self._refinery, pack, "storing what was read from the workers' repository")
        finally:
            await remove_tree(incoming)
        await self._repositories.pinned(ref, commit, f"pinning {commit[:12]} at {ref}")

    async def _pack(self, session: SessionId, incoming: Path, commit: Commit) -> Path | None:
        """All of `commit` that the target's history does not have; None when that is nothing."""
        seen = await self._target.last_seen()
        known = dict.fromkeys((seen.work, seen.target))
        wanted = "".join(f"{line}\n" for line in (commit, "--not", *known)).encode()
        # Not flushed: this is scaffolding, what it is unpacked to is.
        pack = ("-c", "core.fsync=none", "pack-objects", "--revs", "--non-empty", "--quiet", "--delta-base-offset")
        stores = dict.fromkeys((self._repositories.store(session), self._repositories.work_dir))
        alternates = {"GIT_ALTERNATE_OBJECT_DIRECTORIES": ":".join(str(store / "objects") for store in stores)}
        step = f"reading {commit[:12]} from the workers' repository"
        made = await self._refinery.run(*pack, str(incoming / "pack"), step=step, stdin=wanted, environment=alternates)
        return incoming / f"pack-{made.text}.pack" if made.text else None
