"""Which programs are driven: `--live claude,codex`. They are installed first, and then there is no network any more.

What only these tests need is imported when they are asked for.
"""

import json
import os
import re
import subprocess  # noqa: TID251  tests install the real programs
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.register_assert_rewrite("live.cases", "turns_contract")

CONVOY = {"claude", "codex", "qwen", "copilot"}
"""Those that land a convoy together, where all are there."""
INSTALL = Path(__file__).parent / "install"


def vendors(config: pytest.Config) -> list[str]:
    return [name for name in config.getoption("--live").split(",") if name]


def cases() -> dict[str, Any]:
    from live.cases import CASES

    return dict(CASES)


def pytest_configure(config: pytest.Config) -> None:
    if vendors(config):
        config.pluginmanager.register(Table(vendors(config)))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without --live, nothing here is a test."""
    wanted = set(vendors(config))
    if collection_path.name == "test_convoy.py":
        return None if wanted >= CONVOY and not config.getoption("--quick") else True
    return True if collection_path.name == "test_live.py" and not wanted else None


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "case" not in metafunc.fixturenames:
        return
    from live.cases import QUICK

    names = QUICK if metafunc.config.getoption("--quick") else tuple(cases())
    pairs = [pytest.param(v, c, id=f"{v}/{c}") for v in vendors(metafunc.config) for c in names]
    metafunc.parametrize(("vendor", "case"), pairs)


@pytest.fixture(scope="session")
def path(request: pytest.FixtureRequest) -> str:
    """The PATH on which the programs are."""
    wanted = vendors(request.config)
    done = subprocess.run([sys.executable, str(INSTALL), *wanted], capture_output=True, check=False, text=True)
    if done.returncode:
        pytest.exit(f"the programs could not be installed:\n{done.stderr}", 1)
    said = json.loads(done.stdout)
    folders = [str(Path(program).parent) for program in said["programs"].values()]
    return os.pathsep.join([*folders, said["path"], "/usr/local/bin", "/usr/bin", "/bin"])


@pytest.fixture(scope="session")
def api(path: str) -> Iterator[Any]:
    from model_api.server import ModelApi

    from live.alone import leave_the_network

    if not leave_the_network():
        print("not root: that the programs ask nobody else is left to their switches")  # noqa: T201
    with ModelApi() as api:
        yield api


@pytest.fixture
def bench(vendor: str, path: str, api: Any, tmp_path: Path) -> Any:
    from gastown.adapters.agents import catalogue
    from gastown.adapters.processes.bubblewrap import Bubblewrap
    from gastown.adapters.processes.marks import Marks
    from live.bench import LiveBench

    api.reset()
    known = catalogue.vendor(vendor)
    assert known is not None
    return LiveBench(vendor, known.make(Bubblewrap(Marks())), tmp_path, api, path)


class Table:
    """What came of each case with each program: seconds, or that it failed, or "-": why not is said below."""

    def __init__(self, vendors: list[str]) -> None:
        self._vendors = vendors
        self._came: dict[tuple[str, str], str] = {}
        self._why_not: dict[str, list[str]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        of = re.search(r"test_a_real_program\[(.+?)/(.+)\]$", report.nodeid)
        if of is None or (report.when != "call" and report.passed):
            return
        came = "-" if report.skipped else f"{report.duration:.1f} s" if report.passed else "FAIL"
        self._came[of[2], of[1]] = came
        if report.skipped and isinstance(report.longrepr, tuple):
            why = report.longrepr[2].removeprefix("Skipped: ")
            self._why_not.setdefault(f"{of[1]}: {why}", []).append(of[2])

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        tried = {case for case, _ in self._came}
        rows = [["", *self._vendors]]
        rows += [
            [case, *(self._came.get((case, one), "") for one in self._vendors)] for case in cases() if case in tried
        ]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        terminalreporter.section("what the real programs showed")
        for row in rows:
            cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
            terminalreporter.line("  ".join(cells).rstrip())
        for why, cases_of in self._why_not.items():
            terminalreporter.line(f"- {why} ({', '.join(cases_of)})")
