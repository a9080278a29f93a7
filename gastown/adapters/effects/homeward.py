"""The port between a host and the repositories at the town's home, which on another machine are not at hand."""

from typing import Protocol

from gastown.actors.errands import Errand
from gastown.bus.luggage_protocol import Left
from gastown.events.ids import Commit, RigName, SessionId
from gastown.events.session import Earlier


class Homeward(Protocol):
    """Both are safe to repeat, and wait for a home that cannot be reached. They raise GitFailedError: it never will.

    far: home is another machine, and this one may be lost.
    """

    @property
    def far(self) -> bool: ...

    async def supply(self, errand: Errand, rig: RigName, session: SessionId, earlier: Earlier | None) -> None:
        """Have here what a sandbox of this session is made of: the target as it is at home, the earlier attempt."""
        ...

    async def bring(
        self, errand: Errand, rig: RigName, session: SessionId, left: Left, commit: Commit, base: Commit
    ) -> None:
        """Have `commit`, pinned here, pinned at home as what the session left. base: what it goes on from."""
        ...


class AtHome:
    """A Homeward of the host at home: everything is where it belongs."""

    far = False

    async def supply(self, errand: Errand, rig: RigName, session: SessionId, earlier: Earlier | None) -> None:
        pass

    async def bring(
        self, errand: Errand, rig: RigName, session: SessionId, left: Left, commit: Commit, base: Commit
    ) -> None:
        pass
