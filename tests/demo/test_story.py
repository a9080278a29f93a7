"""The story, before anybody acts it out."""

import subprocess  # noqa: TID251  tests run the project's own tests
import sys
from pathlib import Path

import pytest

from gastown.demo.facts import TESTS
from gastown.demo.story import BEADS, PLACES, RIVALS, project
from gastown.demo.worker import ALWAYS, sections

STEPS = {bead.key: sections(bead.description) for bead in BEADS}


def write(folder: Path, files: dict[str, str]) -> None:
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(content)


def test_the_projects_own_tests_pass_on_its_base(tmp_path):
    write(tmp_path, project())
    ended = subprocess.run([sys.executable, *TESTS], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    assert "Ran 8 tests" in ended.stderr


def test_what_a_bead_needs_stands_before_it():
    seen = set[str]()
    for bead in BEADS:
        assert set(bead.needs) <= seen
        seen.add(bead.key)
    assert len(seen) == len(BEADS) == 12


def test_every_bead_says_what_to_do_first_and_after_each_setback_but_the_last_of_the_blocked():
    for bead in BEADS:
        assert ALWAYS in STEPS[bead.key]
        tried_again = bead.fate.setbacks[:-1] if bead.fate.state == "blocked" else bead.fate.setbacks
        for number, outcome in enumerate(tried_again, start=2):
            assert {f"After {outcome}", f"Attempt {number}"} & set(STEPS[bead.key])


def test_rivals_wait_for_each_other_and_both_can_be_at_work():
    titles = {bead.key: bead.title for bead in BEADS}
    waited = {key: [step[1] for step in STEPS[key][ALWAYS] if step[0] == "wait"] for key in RIVALS}
    assert waited == {RIVALS[0]: [titles[RIVALS[1]]], RIVALS[1]: [titles[RIVALS[0]]]}
    assert len(RIVALS) <= PLACES


@pytest.mark.parametrize("attempt", [ALWAYS, "Attempt 2", "Attempt 3"])
def test_the_gate_of_what_stays_red_is_red_at_every_attempt(tmp_path, attempt):
    write(tmp_path, project())
    write(tmp_path, {step[1]: step[2] for step in STEPS["halves"][attempt] if step[0] == "write"})
    ended = subprocess.run([sys.executable, *TESTS], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ended.returncode == 1
    assert "AssertionError" in ended.stderr
