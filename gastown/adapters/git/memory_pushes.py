"""One push to an origin in memory. Whoever is killed while it is underway leaves it on its way."""

from gastown.adapters.git.memory_origin import Push
from gastown.adapters.git.memory_repositories import MemoryRepositories
from gastown.adapters.git.port import GitFailedError, Refused
from gastown.adapters.git.target import local_folder
from gastown.adapters.git.tips import NO_ORIGIN
from gastown.events.ids import Commit


class MemoryPushed:
    """How a push ended, as far as its answer tells."""

    def __init__(self, origin: str, push: Push | None) -> None:
        self._origin = origin
        self.done = push is not None and push.done is True
        self._refusal = push.refusal if push is not None else None

    @property
    def refusal(self) -> Refused | None:
        return self._refusal

    def fault(self) -> GitFailedError:
        return GitFailedError(f"pushing to {self._origin} failed: it was broken off, or the branch has moved")


class MemoryPushes:
    """Of one rig. The caller sees to it that there is one at a time."""

    def __init__(self, repositories: MemoryRepositories) -> None:
        self._repositories = repositories
        self._origin = repositories.config.origin

    async def settle(self) -> None:
        """A push to this machine that was killed ends here; one to elsewhere may still arrive."""
        await self._repositories.pause("push: settling")
        found = self._repositories.store.origins.get(self._origin)
        if found is not None and local_folder(self._origin) is not None:
            found.forget(self._repositories.root)

    async def push(self, branch: str, commit: Commit, expected: Commit) -> MemoryPushed:
        """Move `branch` of the origin from `expected` ("": it must not exist) to `commit`."""
        repositories, step = self._repositories, f"pushing to {self._origin}"
        self._demand_origin()
        await self.settle()
        repositories.refinery.demand(step, commit)
        origin = repositories.store.origins.get(self._origin)
        if origin is None or origin.unreachable:
            return MemoryPushed(self._origin, None)
        push = origin.send(repositories.root, branch, expected, commit)
        await repositories.pause("push: underway")
        origin.arrive(push)
        await repositories.pause("push: arrived")
        if push.done and branch == repositories.config.landing:
            repositories.refinery.refs[repositories.tracking_landing] = commit
        return MemoryPushed(self._origin, push)

    async def tip(self, branch: str) -> Commit:
        """Where `branch` of the origin is, "" when there is none."""
        self._demand_origin()
        await self._repositories.pause("push: looking")
        return self._repositories.origin(f"looking at {self._origin}").branches.get(branch, "")

    def _demand_origin(self) -> None:
        if not self._origin:
            raise GitFailedError(NO_ORIGIN, hint="gt rig set NAME --location URL")
