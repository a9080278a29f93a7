import pytest

from gastown_cli.families import FAMILIES
from gastown_cli.later import module
from gastown_cli.main import find_verb
from gastown_cli.parsing import parse, split_leading
from gastown_cli.trouble import CommandFailedError
from gastown_cli.verbs import seconds


def values(*words):
    leading, rest = split_leading(words)
    verb, argv = find_verb(rest)
    return parse(verb, [*leading, *argv])


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("ready",), {}),
        (("ready", "--json"), {"json": True}),
        (("--json", "--town", "a", "ready"), {"json": True, "town": "a"}),
        (("--town=a=b", "ready"), {"town": "a=b"}),
        (("ready", "--town", "a"), {"town": "a"}),
        (("bead", "create", "x", "-p", "P1"), {"title": "x", "priority": 1}),
        (("bead", "create", "-p1", "x"), {"title": "x", "priority": 1}),
        (("bead", "create", "--priority=0", "x", "-t", "bug"), {"title": "x", "priority": 0, "issue_type": "bug"}),
        (("bead", "create", "x", "-d", "--looks-like-a-flag"), {"title": "x", "description": "--looks-like-a-flag"}),
        (("bead", "create", "x", "-d", ""), {"title": "x", "description": ""}),
        (("bead", "create", "--", "--title"), {"title": "--title"}),
        (("bead", "create", "x", "--needs", "a", "--needs=b"), {"title": "x", "needs": ["a", "b"]}),
        (("bead", "update", "b", "--drop", "a"), {"bead": "b", "remove_needs": ["a"]}),
        (("sling", "a", "b", "--agent", "sh", "c"), {"words": ["a", "b", "c"], "agent": "sh"}),
        (("wait", "a", "--timeout", "2m"), {"ids": ["a"], "timeout": 120.0}),
        (("config", "get"), {}),
        (("config", "get", "x"), {"name": "x"}),
        (("install", "--name", "x"), {"name": "x"}),
        (("rig", "add", "app", "-"), {"rig": "app", "location": "-"}),
    ],
)
def test_words_become_values(words, expected):
    assert values(*words) == expected


@pytest.mark.parametrize(
    "words",
    [
        (),
        ("explode",),
        ("convoy", "create", "title"),
        ("ready", "-x"),
        ("ready", "--rigs", "app"),
        ("ready", "--at"),
        ("ready", "--json=1"),
        ("ready", "app"),
        ("bead", "create", "\udcff"),
        ("bead", "create", "x", "-d", "\udcff"),
    ],
)
def test_nonsense_is_refused_with_a_hint(words):
    with pytest.raises(CommandFailedError) as failed:
        values(*words)
    assert (failed.value.code, failed.value.exit) == ("usage", 2)
    assert failed.value.hint.startswith("gt ")


@pytest.mark.parametrize(
    ("text", "expected"), [("0", 0.0), ("1.5", 1.5), ("90s", 90.0), ("15m", 900.0), ("8h", 28800.0), ("2d", 172800.0)]
)
def test_times_are_read(text, expected):
    assert seconds(text) == expected


@pytest.mark.parametrize("text", ["", "h", "-1", "soon", "nan", "inf", "1e99h"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(ValueError, match="is a time"):
        seconds(text)


def test_no_verb_names_a_value_twice_or_hides_a_flag_that_all_have():
    for family in set(FAMILIES.values()):
        for verb in module(family).VERBS:
            names = [part.name for part in (*verb.words, *verb.flags)]
            spellings = [spelling for flag in verb.flags for spelling in flag.spellings]
            assert len(set(names)) == len(names)
            assert len(set(spellings)) == len(spellings)
            assert not {"town", "json", "help", "session", "token", "command_id"} & set(names)
