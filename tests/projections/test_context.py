from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gastown.bus.memory_texts import MemoryTexts
from gastown.directives import Directive
from gastown.errors import UnknownThingError
from gastown.projections import briefing, instructions
from gastown.projections.brief import AGAIN, MAIL, NEEDS, NOTES, REST
from gastown.projections.context import LIMIT, Context, Known, render
from gastown.projections.kernel.store import Store

See = Callable[[], Store]

RIG = {"name": "app", "target": "main", "landing": "main", "gates": [{"name": "test", "command": "make test"}]}
SESSION = {"id": "ap-1-3", "polecat": "toast", "branch": "", "reapplied": 0, "left": 0}
BEAD = {"id": "ap-1", "title": "Mend it", "description": "All of it."}


def attempt(number: int, **said: Any) -> dict[str, Any]:
    left = {"reason": "exit 1", "tail": "", "commit": "", "base": "", "kept": ""}
    return {"session": f"ap-1-{number}", "outcome": "failed", **left, **said}


def context(bead: Any = BEAD, *, again: bool = False, rig: Any = RIG, session: Any = SESSION, **known: Any) -> Context:
    return render(Known(bead=bead, rig=rig, session=session, **known), again=again)


def brief(bead: Any = BEAD, **known: Any) -> str:
    return context(bead, **{name: tuple(v) if isinstance(v, list) else v for name, v in known.items()}).text


def directive(text: str, rig: str = "", **more: Any) -> Directive:
    path = f"directives/{rig}/polecat.md" if rig else "directives/polecat.md"
    return Directive(role="polecat", rig=rig, path=path, size=len(text.encode()), text=text, **more)


def letter(number: int, text: str = "Look here.") -> dict[str, Any]:
    return {"id": f"ml-{number}", "sender": "overseer", "subject": f"The {number}.", "text": text}


def note(number: int, text: str = "The parser is done.") -> dict[str, Any]:
    return {"session": f"ap-1-{number}", "sender": "", "text": text}


def test_a_brief_says_who_what_and_how_to_finish() -> None:
    text = brief({**BEAD, "acceptance_criteria": "It is green.", "notes": "Ask nobody."})
    for words in ("toast", "app", "ap-1-3", "ap-1: Mend it", "All of it.", "It is green.", "Ask nobody."):
        assert words in text
    for words in ("gt done", "Never push", "main", "make test", "gt bead close ap-1", "gt prime"):
        assert words in text


@settings(deadline=None)
@given(title=st.text(max_size=500), description=st.text(max_size=5000), tails=st.lists(st.text(), max_size=5))
def test_title_and_description_are_in_it_unaltered(title: str, description: str, tails: list[str]) -> None:
    text = brief({**BEAD, "title": title, "description": description}, attempts=[attempt(1, tail=t) for t in tails])
    assert title in text
    assert description in text


def test_a_description_of_any_length_is_never_cut() -> None:
    description = "Look at this. " * 200_000
    assert description in brief({**BEAD, "description": description}, attempts=[attempt(1, reason="it was red")])


def test_what_it_builds_on_is_named_with_its_state() -> None:
    needs = [{"id": "ap-0", "title": "The parser", "state": "landed"}]
    assert "ap-0 (landed): The parser" in brief(needs=needs)
    assert "builds on" not in brief()


def test_earlier_attempts_are_told_with_reason_output_and_branch() -> None:
    text = brief(
        attempts=[
            attempt(1, reason="exit 7", kept="kept/ap-1-1"),
            attempt(2, outcome="red", reason="gate test is red", tail="FAILED test_x", commit="c" * 40, base="b" * 40),
        ]
    )
    for words in ("ap-1-1: failed", "exit 7", "kept/ap-1-1", "ap-1-2: red", "gate test is red", "FAILED test_x"):
        assert words in text
    assert f"{'b' * 12}..{'c' * 12}" in text
    assert text.index("ap-1-2: red") < text.index("ap-1-1: failed")  # the newest first


@pytest.mark.parametrize(
    ("session", "said"),
    [
        (SESSION, "as far as it applies"),
        (SESSION | {"branch": "b", "reapplied": 2}, "2 commits of the last of them are re-applied on this branch."),
        (SESSION | {"branch": "b", "reapplied": 1, "left": 3}, "3 did not apply and are on its kept branch only"),
    ],
)
def test_what_was_taken_over_is_told_as_far_as_it_is_known(session: Any, said: str) -> None:
    assert said in brief(attempts=[attempt(1, commit="c" * 40)], session=session)


def test_with_nothing_left_behind_one_begins_anew() -> None:
    assert "you begin anew" in brief(attempts=[attempt(1)])


@settings(deadline=None)
@given(sizes=st.lists(st.integers(0, 40_000), min_size=1, max_size=40), length=st.integers(0, 2 * LIMIT))
def test_a_brief_is_bounded_and_the_oldest_attempts_go_first(sizes: list[int], length: int) -> None:
    attempts = [attempt(number, tail="x" * size) for number, size in enumerate(sizes, start=1)]
    plain = len(brief({**BEAD, "description": "d" * length}))
    text = brief({**BEAD, "description": "d" * length}, attempts=attempts)
    assert len(text) <= max(LIMIT, plain + REST) + 10
    shown = [number for number in range(1, len(sizes) + 1) if f"ap-1-{number}:" in text]
    assert shown == list(range(len(sizes) - len(shown) + 1, len(sizes) + 1))
    assert shown  # the last attempt is always told
    left_out = len(sizes) - len(shown)
    assert (f"({left_out} older left out)" in text) == bool(left_out)


def test_of_a_long_output_the_end_is_told() -> None:
    text = brief(attempts=[attempt(1, tail="begin" + "x" * 50_000 + "end")])
    assert "xend" in text
    assert "begin" + "x" not in text


async def test_a_session_is_briefed_from_the_views(tale: Any, seen: See, tmp_path: Path) -> None:
    tale.created("ap-0", title="The parser")
    tale.created("ap-1", "ap-0", title="Mend it", description="All of it.", acceptance="It is green.")
    tale.slung("ap-1")
    tale.started("ap-1")
    tale.ended("ap-1", tail="Segmentation fault", kept="kept/ap-1-1", kept_commit="9" * 40)
    tale.started("ap-1", 2, name="nux")
    text = (await briefing.for_session(seen(), MemoryTexts(), "ap-1-2", tmp_path)).text
    for words in ("nux", "ap-1: Mend it", "All of it.", "It is green.", "ap-0 (open): The parser"):
        assert words in text
    for words in ("Segmentation fault", "kept/ap-1-1", "gastown/ap-1-2", "make test"):
        assert words in text


async def test_nobody_briefs_a_session_that_there_is_not(seen: See, tmp_path: Path) -> None:
    with pytest.raises(UnknownThingError, match="ap-9-1"):
        await briefing.for_session(seen(), MemoryTexts(), "ap-9-1", tmp_path)


WHOLE = """\
You are toast, a polecat of rig app: a worker with one bead of work, alone in a
git worktree of your own, on branch gt/ap-1-3. This is session ap-1-3. Nobody answers questions
while you work: do what the bead asks, commit it, end.

## How to finish

- Commit your work here, on this branch. Never push, and never touch main: the Refinery merges
  what you commit onto main as it then is. These gates must pass on the merged result: test (`make test`).
- Then end normally, or run `gt done`. Changes in tracked files that are not committed are refused.
- Cannot be done now: `gt done --status deferred --reason TEXT`. Only a person can decide:
  `gt done --status escalated --reason TEXT`. Nothing to change:
  `gt bead close ap-1 --reason TEXT`. Lost the thread: `gt prime` prints this again.
- What a person is to decide while you go on: `gt escalate TEXT`. A word to whoever works on something else:
  `gt mail send BEAD -s SUBJECT -m TEXT`. Found work that is not yours: `gt bead create TITLE`.

## Directives of this town

Write tests first.

## Directives of rig app

Use tabs.

# Bead ap-1: Mend it

All of it.

## It is done when

It is green.

## Handed on to you

Whoever worked on this bead before you wrote this down. Go on from there.

### From session ap-1-2

The parser is done.

### From session ap-1-1, by overseer

Mind the parser.

## Mail for you

To answer: `gt mail reply ID -m TEXT`.

### ml-1 from overseer: The 1.

Look here.

## What this builds on

- ap-0 (landed): The parser

## Earlier attempts (1)

1 commits of the last of them are re-applied on this branch.

### Attempt 1, ap-1-1: red

gate test is red

It had committed bbbbbbbbbbbb..cccccccccccc.

The end of the output:

```
FAILED test_x
```
"""


def test_all_of_it_in_its_order() -> None:
    session = SESSION | {"branch": "gt/ap-1-3", "reapplied": 1}
    red = attempt(1, outcome="red", reason="gate test is red", tail="FAILED test_x", commit="c" * 40, base="b" * 40)
    told = context(
        {**BEAD, "acceptance_criteria": "It is green."},
        session=session,
        needs=({"id": "ap-0", "title": "The parser", "state": "landed"},),
        attempts=(red,),
        directives=(directive("Write tests first."), directive("Use tabs.", "app")),
        notes=(note(1, "Mind the parser.") | {"sender": "overseer"}, note(2)),
        mail=(letter(1),),
    )
    assert told.text == WHOLE
    assert told.instructions == WHOLE[: WHOLE.index("\n\n# Bead")]
    assert told.mails == ("ml-1",)


def test_a_directive_that_cannot_be_read_is_said_and_not_passed_over() -> None:
    text = brief(directives=[directive("", "app", trouble="Permission denied"), directive("Use tabs.")])
    assert "directives/app/polecat.md cannot be read: Permission denied" in text
    assert "Use tabs." in text


def test_directives_that_are_too_long_share_the_room_and_say_where_the_rest_is() -> None:
    long = "Be careful. " * 5_000
    text = context(directives=(directive(long), directive("Use tabs.", "app"))).instructions
    assert "Use tabs." in text
    assert "The rest: `gt directive show polecat`" in text
    assert "--rig app" not in text
    text = context(directives=(directive(long), directive(long, "app"))).instructions
    assert "The rest: `gt directive show polecat --rig app`" in text
    assert text.count("Be careful.") > 1_500


def test_gates_beyond_twenty_and_their_long_commands_are_cut() -> None:
    rig = RIG | {"gates": [{"name": f"g{number}", "command": "x" * 9_000} for number in range(30)]}
    text = context(rig=rig).instructions
    assert "g19" in text
    assert "10 more: gt rig show app" in text


TEXTS = st.text(max_size=30) | st.builds(
    lambda one, many: one * many, st.text(min_size=1, max_size=3), st.integers(0, 30_000)
)


@settings(deadline=None, max_examples=60)
@given(
    description=TEXTS,
    directives=st.tuples(TEXTS, TEXTS),
    notes=st.lists(TEXTS, max_size=4),
    letters=st.lists(TEXTS, max_size=4),
    tails=st.lists(TEXTS, max_size=4),
    needed=st.integers(0, 200),
)
def test_however_much_there_is_to_tell_it_is_bounded(
    description: str, directives: tuple[str, str], notes: list[str], letters: list[str], tails: list[str], needed: int
) -> None:
    known: dict[str, Any] = {
        "directives": (directive(directives[0]), directive(directives[1], "app")),
        "notes": tuple(note(number, text) for number, text in enumerate(notes)),
        "mail": tuple(letter(number, text) for number, text in enumerate(letters)),
        "attempts": tuple(attempt(number, tail=text, reason=text) for number, text in enumerate(tails)),
        "needs": tuple({"id": f"ap-{n}", "title": "t" * 500, "state": "open"} for n in range(needed)),
    }
    first, again = (
        context({**BEAD, "description": description}, **known),
        context({**BEAD, "description": description}, again=True, **known),
    )
    heads = 2_000  # the bead's title, and words around each part
    rest = NOTES + MAIL + NEEDS + REST + heads
    assert len(first.instructions) <= instructions.MOST
    assert len(first.task) <= max(LIMIT, len(description) + rest)
    assert len(again.task) <= AGAIN + rest
    assert description in first.task
    assert again.instructions == first.instructions
    for texts, words in ((notes, "### From session"), (letters, "## Mail for you"), (tails, "### Attempt")):
        assert not texts or words in first.task


def test_mail_is_in_it_as_it_was_written_or_not_at_all() -> None:
    told = context(mail=(letter(1, "a" * 3_000), letter(2, "b" * 3_500), letter(3)))
    assert told.mails == ("ml-1",)
    assert "a" * 3_000 in told.task
    assert "b" * 10 not in told.task
    assert "(2 more: `gt mail inbox`)" in told.task
    assert context(mail=(letter(1, "a" * 7_000),)).mails == ()
    assert context().mails == ()
