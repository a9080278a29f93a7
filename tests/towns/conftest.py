"""Towns on machines of their own, and the table of what cuts did to them."""

from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from field import Field, Outcome
from machines import why_not


@pytest.fixture(scope="session")
def field(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Field]:
    reason = why_not()
    if reason:
        pytest.skip(reason)
    made = Field(tmp_path_factory.mktemp("field"))
    try:
        made.build()
        yield made
    finally:
        made.close()


@pytest.fixture
def nothing_lost(record_property: Callable[[str, object], None]) -> Callable[[Outcome], None]:
    def check(outcome: Outcome) -> None:
        record_property("outcome", msgspec.to_builtins(outcome))
        assert (outcome.lost, outcome.double) == (0, 0), outcome

    return check


def pytest_terminal_summary(terminalreporter: Any) -> None:
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.getreports(kind)]
    rows = [
        value
        for report in reports
        if report.when == "call"
        for key, value in report.user_properties
        if key == "outcome"
    ]
    if rows:
        terminalreporter.write_line(f"\n{'cut':<52}{'events':>8}{'equal, s':>10}{'lost':>6}{'double':>8}")
    for row in rows:
        terminalreporter.write_line(
            f"{row['cut']:<52}{row['events']:>8}{row['equal']:>10.1f}{row['lost']:>6}{row['double']:>8}"
        )
