"""The agent: what it reads out of a bead and a prompt."""

import pytest

from gastown.demo.worker import StuckError, Worker, choose, sections

BEAD = """
Why this is wanted.

## First time

- Write `a/b.py`:

```python
# a comment

VALUE = 1
```

- Commit `Say one`.

## After red

- Mend `a/b.py` as the gate's output says.

## Attempt 3

- Be killed.
"""


def prompt(*outcomes: str) -> str:
    """As the town tells it: the newest attempt first."""
    return "\n".join(f"### Attempt {len(outcomes)}, ab-1-1: {outcome}\n\nwhy" for outcome in reversed(outcomes))


def test_steps_stand_under_the_heading_of_their_attempt():
    found = sections(BEAD)
    assert found["First time"] == [("write", "a/b.py", "# a comment\n\nVALUE = 1\n"), ("commit", "Say one")]
    assert found["After red"] == [("mend", "a/b.py")]


def test_a_step_that_nobody_can_follow_is_no_step():
    with pytest.raises(StuckError, match="dance"):
        sections("- dance")


def test_the_prompt_tells_how_the_last_attempt_ended():
    found = sections(BEAD)
    assert choose(found, 1, "") == found["First time"]
    assert choose(found, 2, prompt("red")) == found["After red"]
    assert choose(found, 2, prompt("died")) == found["First time"]
    assert choose(found, 2, prompt("died", "red")) == found["After red"]
    assert choose(found, 3, prompt("red", "red")) == found["Attempt 3"]


def test_it_mends_what_the_gate_says_is_wrong(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    worker = Worker("AssertionError: 9 != 10\nAssertionError: 1 != 2", "ab-1")
    (tmp_path / "b.py").write_text("VALUE = 1\n")
    worker.do(("mend", "b.py"))
    assert (tmp_path / "b.py").read_text() == "VALUE = 2\n"
    with pytest.raises(StuckError):
        Worker("all is well", "ab-1").do(("mend", "b.py"))


def test_putting_something_in_twice_puts_it_in_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "b.py").write_text('A = {"x": 1}\nB = {}\n')
    for _ in range(2):
        Worker("", "ab-1").do(("put", ', "y": 2', "}", "b.py"))
    assert (tmp_path / "b.py").read_text() == 'A = {"x": 1, "y": 2}\nB = {}\n'
