"""Text that somebody wrote reaches a terminal as text, whatever stands in it."""

import io

import pytest

from gastown_cli.families import FAMILIES
from gastown_cli.later import module
from gastown_cli.output import Page, clean, clean_text, shown

EVIL = (
    "\x1b[31mred\x1b[0m \x1b]8;;http://evil\x07link\x1b]8;;\x07 \x1b]52;c;eA==\x07 \x9b31m \x85 \x08\x08 \x7f \r over"
    " \u202egnp.exe\u202c \u2066x\u2069 \u200b\u200f\ufeff \u2028 \U000e0041 \0"
)
UNSEEN = set("\x1b\x07\x9b\x85\x08\x7f\r\u202e\u202c\u2066\u2069\u200b\u200f\ufeff\u2028\U000e0041\0")


@pytest.mark.parametrize("made", [clean, clean_text, shown, lambda text: shown([{text: [text]}])[0].popitem()[1][0]])
def test_nothing_unseen_is_left(made):
    assert not UNSEEN & set(made(EVIL))
    assert "red" in made(EVIL)
    assert made("plain ü🙂 日本") == "plain ü🙂 日本"


def test_lines_and_tabs_stay_in_a_text_and_not_in_a_line():
    assert clean_text("a\n\tb") == "a\n\tb"
    assert clean("a\n\tb") == "a  b"


def test_numbers_and_nothing_stay_what_they_are():
    assert shown({"a": [1, 2.5, None, True]}) == {"a": [1, 2.5, None, True]}


def test_only_what_must_be_usable_as_it_is_goes_out_verbatim():
    verbs = [verb for family in set(FAMILIES.values()) for verb in module(family).VERBS]
    assert {verb.path for verb in verbs if getattr(verb.run, "verbatim", False)} == {"diff", "prime"}


def test_what_goes_out_verbatim_is_cleaned_for_a_terminal():
    out = io.StringIO()
    Page(out, color=True, width=80).verbatim(EVIL)
    assert not UNSEEN & set(out.getvalue())
