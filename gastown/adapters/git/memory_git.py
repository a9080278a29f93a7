"""`Git` in memory, for a host without a disk. Hand the same store to the next host, and it finds what this one left.

Whole files are merged, and there are no hooks, filters, sparse checkouts, tags or modes.
"""

from pathlib import Path

from gastown.actors.errands import OriginFacts
from gastown.adapters.git.memory_rig import MemoryRig
from gastown.adapters.git.memory_store import MemoryStore
from gastown.adapters.pause import Pause, no_pause
from gastown.errors import RefusedError, UnknownThingError
from gastown.events.ids import RigName
from gastown.events.rig import RigConfig


class MemoryGit:
    """Of one host. pause: see `Pause`; nothing else here waits, but for another call on the same rig."""

    def __init__(self, store: MemoryStore, pause: Pause = no_pause) -> None:
        self._store = store
        self._pause = pause

    def rig(self, root: Path, name: RigName, config: RigConfig) -> MemoryRig:
        return MemoryRig(self._store, root, name, config, self._pause)

    async def inspect_origin(self, location: str, branch: str) -> OriginFacts:
        """See `origin.inspect_origin`. Raises UnknownThingError and RefusedError."""
        await self._pause("inspect_origin: begin")
        found = self._store.origins.get(location)
        if found is None:
            raise UnknownThingError(f"there is no folder {location}", hint="give the path or the URL of a repository")
        if found.unreachable:
            raise RefusedError(f"git cannot read {location}: no answer", hint=f"try: git ls-remote {location}")
        if not found.branches:
            raise RefusedError(f"{location} is empty", hint="commit something to it first")
        target = branch or (found.default if found.default in found.branches else "")
        if target not in found.branches:
            missing = f"no branch {target}" if target else "no default branch"
            known = ", ".join(sorted(found.branches)[:8])
            raise UnknownThingError(f"{location} has {missing}", hint=f"--branch, one of: {known}")
        notes = ()
        if found.checkout:
            merge = f"git -C {location} merge gt/{target}"
            notes = (f"{location} has no remote: what is proven lands on its branch gt/{target}; {merge}",)
        landing = f"gt/{target}" if found.checkout else target
        return OriginFacts(origin=location, target=target, landing=landing, identity=self._store.identity, notes=notes)
