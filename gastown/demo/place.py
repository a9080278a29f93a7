"""Where the demo takes place: a folder that is thrown away, and an environment in which nothing else is seen."""

import os
import shutil
import site
import tempfile
from collections.abc import Mapping
from pathlib import Path

import msgspec

from gastown.adapters.processes.family import Mark
from gastown.clock import new_id

MARK = "GASTOWN_DEMO"
_DROPPED = ("GT_", "GIT_", "XDG_CONFIG", "TRACEPARENT", "TRACESTATE", MARK)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """root: removed afterwards. mark: what every process of this demo carries."""

    root: Path
    mark: Mark

    @property
    def town(self) -> Path:
        return self.root / "town"

    @property
    def origin(self) -> Path:
        """The bare repository that is landed on."""
        return self.root / "abacus.git"

    @property
    def seed(self) -> Path:
        """Where the first commit was made."""
        return self.root / "abacus"

    @property
    def calls(self) -> Path:
        """What the programs that the demo runs print."""
        return self.root / "calls"

    @property
    def checkouts(self) -> Path:
        return self.root / "checkouts"

    def environment(self, outer: Mapping[str, str]) -> dict[str, str]:
        """Of every program: nobody's town, nobody's git settings, nobody's home."""
        kept = {name: value for name, value in outer.items() if not name.startswith(_DROPPED)}
        home = {"HOME": str(self.root / "home"), "PYTHONUSERBASE": user_packages()}
        return {**kept, **home, "COLUMNS": "100", self.mark[0]: self.mark[1]}

    def remove(self) -> None:
        shutil.rmtree(self.root)


def user_packages() -> str:
    """Where the user's own Python packages are, which is found by way of HOME: we may be installed there."""
    return os.environ.get("PYTHONUSERBASE", "") or site.getuserbase()


def make_place() -> Place:
    root = Path(tempfile.mkdtemp(prefix="gastown-demo-")).resolve()
    place = Place(root=root, mark=(MARK, new_id()))
    for folder in (root / "home", place.seed, place.calls, place.checkouts):
        folder.mkdir()
    return place
