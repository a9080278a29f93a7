"""The town of tests/api, and the command `gt` as a process of its own that calls it."""

import importlib.util
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeAlias

import anyio
import pytest

_spec = importlib.util.spec_from_file_location("api_conftest", Path(__file__).parents[1] / "api" / "conftest.py")
assert _spec is not None and _spec.loader is not None
_api = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_api)
open_town = _api.open_town
hub = _api.hub
eventually = _api.eventually

GT = (sys.executable, "-c", "import sys; from gastown_cli.main import main; sys.exit(main())")


class Done:
    """How a call of `gt` ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    @property
    def data(self) -> Any:
        """Of an answer in JSON."""
        assert self.code == 0, self.err
        answer = json.loads(self.out)
        assert answer["schema"] == 1
        return answer["data"]

    @property
    def error(self) -> Any:
        """Of a refusal in JSON."""
        answer = json.loads(self.err)
        assert answer["schema"] == 1
        return answer["error"]


Gt: TypeAlias = Callable[..., Awaitable[Done]]


@pytest.fixture
def gt(tmp_path: Path) -> Gt:
    """`await gt("ready", "--json", env={"GT_TOWN": ...})`, outside any town, in an empty HOME."""
    home = tmp_path / "home"
    home.mkdir()
    plain = {
        name: value for name, value in os.environ.items() if not name.startswith(("GT_", "TRACEPARENT", "COLUMNS"))
    }

    async def run(*words: str, env: dict[str, str] | None = None, stdin: bytes = b"", cwd: Path | None = None) -> Done:
        environment = {**plain, "HOME": str(home), **(env or {})}
        with anyio.fail_after(60):
            end = await anyio.run_process(
                (*GT, *words), input=stdin, check=False, env=environment, cwd=str(cwd or home)
            )
        return Done(end.returncode, end.stdout.decode(), end.stderr.decode())

    return run


@pytest.fixture
def gt_in(gt: Gt) -> Callable[[Any], Gt]:
    """`gt` for this town."""

    def bound(town: Any) -> Gt:
        async def run(*words: str, **more: Any) -> Done:
            more["env"] = {"GT_TOWN": str(town.town.path), **more.get("env", {})}
            return await gt(*words, **more)

        return run

    return bound


@pytest.fixture
def gt_argv() -> tuple[str, ...]:
    """What starts `gt`."""
    return GT
