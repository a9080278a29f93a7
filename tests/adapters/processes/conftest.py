import os
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from gastown.adapters.processes.program import Launch
from gastown.clock import new_id

LaunchOf = Callable[..., Launch]


@pytest.fixture
def launch(tmp_path: Path) -> LaunchOf:
    """A launch of `sh -c COMMAND` in tmp_path with a mark of its own; its output goes to tmp_path/output."""

    def make(command: str, *, stdin: Path | None = None, **environment: str) -> Launch:
        mark = ("GT_MARK", new_id())
        path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        return Launch(
            argv=("/bin/sh", "-c", command),
            folder=tmp_path,
            environment={"PATH": path, mark[0]: mark[1], **environment},
            mark=mark,
            output=tmp_path / "output",
            stdin=stdin,
        )

    return make
