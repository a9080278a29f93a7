"""Rules of the house that no linter checks."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SOURCES = sorted([*ROOT.glob("gastown/**/*.py"), *ROOT.glob("cli/**/*.py")])
SAYS_NOTHING = {"manager", "handler", "utils", "util", "helpers", "helper", "common", "base", "misc"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_file_says_what_it_is_and_stays_readable(path):
    text = path.read_text()
    assert path.stem not in SAYS_NOTHING
    assert text.count("\n") <= 300
    assert ast.get_docstring(ast.parse(text)), "no docstring"


def test_every_room_says_what_belongs_there():
    rooms = {path.parent for path in SOURCES if path.parent.name != "cli"}
    assert all((room / "__init__.py").is_file() for room in rooms)


def test_every_role_has_a_spec():
    actors = ROOT / "gastown/actors"
    roles = {path.stem for path in actors.glob("*.py")} | {path.parent.name for path in actors.glob("*/role.py")}
    roles -= {"__init__", "effects", "errands", "reports", "roles", "kernel"}
    specs = {path.stem.removeprefix("test_") for path in (ROOT / "tests/actors").glob("test_*.py")}
    assert roles <= specs
