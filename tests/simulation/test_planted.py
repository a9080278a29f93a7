"""A simulation that finds nothing proves nothing: it has to notice every defect that is put into a copy of the town."""

import os
import shutil
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeAlias

import pytest
from simulated.planted import DEFECTS, Defect
from simulated.planted_hands import HAND_DEFECTS
from simulated.planted_towns import TOWN_DEFECTS
from simulated.planted_turns import TURN_DEFECTS
from simulated.running import run_plans, run_storms
from simulated.several.running import run_seeds as run_several
from simulated.several.verdict import TownsVerdict
from simulated.verdict import Verdict

import gastown

PACKAGE = Path(gastown.__file__).parent
ALL = (*DEFECTS, *TURN_DEFECTS, *HAND_DEFECTS, *TOWN_DEFECTS)
SOME = ALL[::10]
"""Those of a short run: one starts a simulation of its own, which takes 5 s."""
MOST = 60
"""Storms that are tried before it is said that a defect goes unnoticed."""

Planted: TypeAlias = dict[str, tuple[Path, Verdict | TownsVerdict]]
"""By the defect's name: where the town lies that has it, and the verdict on what it is known to show in."""


@pytest.fixture(scope="module")
def planted(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Planted:
    """Those that are asked for, as many at a time as there are cores."""
    items = [item for item in request.session.items if item.path == request.path]
    asked = [item.callspec.params["defect"] for item in items if not item.get_closest_marker("skip")]
    houses = tmp_path_factory.mktemp("houses")  # here: it is not made for several threads

    def tried(defect: Defect) -> tuple[Path, Verdict | TownsVerdict]:
        house = plant(defect, houses / str(asked.index(defect)))
        if defect.plan is not None:
            return house, run_plans([defect.plan], house=house)[0]
        return house, storms(defect, defect.seed, 1, house)[0]

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        return dict(zip([one.name for one in asked], pool.map(tried, asked), strict=True))


def storms(defect: Defect, first: int, count: int, house: Path) -> Sequence[Verdict | TownsVerdict]:
    """Of one town, or of several where it is a defect of what lies between them."""
    if defect in TOWN_DEFECTS:
        return run_several(first, count, house=house, stormy=True)
    return run_storms(first, count, house=house)


def plant(defect: Defect, house: Path) -> Path:
    shutil.copytree(PACKAGE, house / "gastown")  # with what is compiled already
    file = house / "gastown" / defect.file
    source = file.read_text()
    assert source.count(defect.old) == 1, f"the town has changed: plant anew: {defect.name}"
    file.write_text(source.replace(defect.old, defect.new))
    for compiled in (file.parent / "__pycache__").glob(f"{file.stem}.*"):
        compiled.unlink()
    return house


@pytest.mark.timeout(1800)
@pytest.mark.parametrize(
    "defect",
    [pytest.param(one, id=one.name, marks=() if one in SOME else pytest.mark.long) for one in ALL],
)
def test_a_planted_defect_is_noticed(defect: Defect, planted: Planted) -> None:
    house, known = planted[defect.name]
    noticed = [known] if known.broken else []
    for first in range(0, MOST, 4):
        noticed = noticed or [one for one in storms(defect, first, 4, house) if one.broken]
    if not noticed:
        pytest.fail(f"{MOST} storms, and nobody noticed: {defect.name}")
    print(f"{noticed[0].seed}: {noticed[0].broken[-1][:200]}")  # noqa: T201  shown by pytest -s
