"""What the town's programs load: each of them is started often, and again when it was killed."""

import json
import subprocess  # noqa: TID251  a program of its own
import sys
from importlib import import_module
from importlib.util import find_spec

import pytest

from gastown.unneeded import hidden

UNNEEDED = {"rich", "aiohttp", "typer", "mcp", "hypothesis", "pytest"}


@pytest.mark.parametrize(
    ("program", "more"),
    [
        ("gastown.town", {"cryptography", "nkeys"}),
        ("gastown.host", {"cryptography", "nkeys"}),
        ("gastown.hub.__main__", set()),
        ("gastown.daemon.__main__", {"nats", "git", "opentelemetry", "cryptography", "nkeys"}),
        ("gastown_cli.cold", {"nats", "git", "opentelemetry", "cryptography", "nkeys"}),
    ],
)
def test_a_program_that_is_started_often_loads_nothing_that_it_does_not_need(program, more):
    script = f"import sys, {program}; print(*({UNNEEDED | more} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-P", "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []


def test_what_is_hidden_is_there_again_afterwards_and_what_was_loaded_stays():
    """colorsys: nobody has loaded it."""
    with hidden("colorsys", "json"):
        assert find_spec("colorsys") is None
        assert import_module("json") is json
    assert find_spec("colorsys") is not None
