"""Every crash point on the way of a bead: at each append of the town and at each side effect of the host the process is
killed, before, during and after; the daemon starts it again; the story ends once, and rightly."""

import threading
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from gastown import clock

POINTS = Path(__file__).parent / "points"
PATIENCE = 60.0  # seconds
SAMPLE = 5
"""Points in a short run, spread over all of them; with --long each one."""
WORK = """
echo $GT_SESSION >> "$STORY/runs"
test -f $GT_BEAD || { echo x > $GT_BEAD; git add .; git commit -qm work; }
gt done
"""


class Point(NamedTuple):
    """what: the process and what it does. when: before, during or after. number: which time on a bead's way."""

    what: str
    when: str
    number: str

    def __str__(self) -> str:
        return f"{self.when} {self.what} ({self.number})"


class Arms:
    """What `points/sitecustomize.py` reads and writes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._armings = 0

    def arm(self, wanted: str) -> None:
        self._armings += 1
        (self.folder / "fired").unlink(missing_ok=True)
        draft = self.folder / "armed.new"
        draft.write_text(f"{wanted}\n{self._armings}")
        draft.replace(self.folder / "armed")

    def disarm(self) -> bool:
        """Whether it has killed."""
        (self.folder / "armed").unlink(missing_ok=True)
        return (self.folder / "fired").exists()

    def seen(self) -> list[Point]:
        lines = (self.folder / "seen").read_text().splitlines()
        return list(dict.fromkeys(Point(*line.split("\t")) for line in lines))


@pytest.fixture
def arms(tmp_path: Path) -> Arms:
    return Arms(tmp_path)


@pytest.fixture
def town(make_town: Any, arms: Arms) -> Any:
    made = make_town(PYTHONPATH=str(POINTS), CRASH_POINTS=str(arms.folder)).install().up()
    yield made
    made.end()


def wait(holds: Any) -> None:
    end, pause = clock.monotonic() + PATIENCE, threading.Event()
    while not holds():
        assert clock.monotonic() < end
        pause.wait(0.01)


def lives(town: Any, rig: Any, bead: str) -> None:
    """From the sling until all is told and put away."""
    rig.sling(bead)
    town.lands(bead)
    sandboxes = town.path / "rigs" / rig.name / "sandboxes"
    outbox = town.path / "host" / "outbox"
    wait(lambda: not any(sandboxes.iterdir()) and not any(outbox.glob("*.json")))


def all_points(town: Any, rig: Any, arms: Arms) -> list[Point]:
    """Those on the way of one bead, in the order in which they are reached."""
    bead = rig.bead("Walk ahead", WORK)
    arms.arm("record")
    lives(town, rig, bead)
    arms.disarm()
    return arms.seen()


@pytest.mark.timeout(0)
def test_killed_at_any_point_a_bead_lands_once_and_its_agent_runs_once_a_session(town, arms, say, pytestconfig):
    rig = town.rig("app")
    lives(town, rig, rig.bead("Make all ready", WORK))
    points = all_points(town, rig, arms)
    long = pytestconfig.getoption("--long")
    chosen = points if long else points[:: max(1, len(points) // SAMPLE)]
    beads, missed = [rig.bead(f"Killed {point}", WORK) for point in chosen], []
    for point, bead in zip(chosen, beads, strict=True):
        arms.arm("\t".join(point))
        lives(town, rig, bead)
        if not arms.disarm():
            missed.append(str(point))
    landed = rig.landed()
    assert sorted(landed) == sorted({*landed}) and {*beads} <= {*landed}
    assert town.ask("verify")["complaints"] == []
    outcomes = {outcome for bead in beads for outcome, _, _ in town.sessions(bead)}
    assert outcomes <= {"interrupted"}
    runs = (town.story / "runs").read_text().splitlines()
    assert len(runs) == len({*runs})
    processes = {name: sum(point.what.startswith(name) for point in points) for name in ("town", "host")}
    say(f"crash points: {len(points)} {processes}; killed at {len(chosen) - len(missed)}; each bead landed once")
    for one in missed:
        say(f"crash points: not reached this time: {one}")
    assert len(missed) <= len(chosen) / 10, missed
