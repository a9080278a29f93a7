"""A simulation that finds nothing proves nothing: it has to notice every defect that is put into a copy of the town."""

import shutil
from pathlib import Path

import pytest
from simulated.planted import DEFECTS, Defect
from simulated.planted_turns import TURN_DEFECTS
from simulated.running import run_storms

import gastown

PACKAGE = Path(gastown.__file__).parent
MOST = 60
"""Storms that are tried before it is said that a defect goes unnoticed."""


@pytest.mark.timeout(600)
@pytest.mark.parametrize("defect", (*DEFECTS, *TURN_DEFECTS), ids=lambda one: one.name)
def test_a_planted_defect_is_noticed(defect: Defect, tmp_path: Path) -> None:
    shutil.copytree(PACKAGE, tmp_path / "gastown", ignore=shutil.ignore_patterns("__pycache__"))
    file = tmp_path / "gastown" / defect.file
    source = file.read_text()
    assert source.count(defect.old) == 1, "the town has changed: plant it anew"
    file.write_text(source.replace(defect.old, defect.new))

    for first in (defect.seed, *range(0, MOST, 4)):
        verdicts = run_storms(first, 1 if first == defect.seed else 4, house=tmp_path)
        noticed = [one for one in verdicts if one.broken]
        if noticed:
            print(f"{noticed[0].seed}: {noticed[0].broken[-1][:200]}")  # noqa: T201  shown by pytest -s
            return
    pytest.fail(f"{MOST} storms, and nobody noticed: {defect.name}")
