from types import SimpleNamespace

import pytest

from gastown_cli.families import FAMILIES
from gastown_cli.later import module
from gastown_cli.pages import show

VERBS = {verb.path: verb for family in set(FAMILIES.values()) for verb in module(family).VERBS}
WIDE = {"COLUMNS": "200", "NO_COLOR": "1"}


@pytest.fixture
def page_of(monkeypatch, capsys):
    """`page_of(words)`: what `gt WORDS` shows, made in this process: a program of its own takes a second for each."""
    for name, value in WIDE.items():
        monkeypatch.setenv(name, value)

    def shown(*words):
        code = show(list(words))
        said = capsys.readouterr()
        return SimpleNamespace(code=code, out=said.out, err=said.err)

    return shown


async def test_the_first_page_lists_every_command(gt):
    for words in ((), ("--help",), ("-h",)):
        page = await gt(*words, env=WIDE)
        assert page.code == 0
        for path in VERBS:
            assert f" {path.partition(' ')[0]} " in page.out


@pytest.mark.parametrize("group", sorted({path.partition(" ")[0] for path in VERBS if " " in path}))
def test_a_groups_page_lists_its_commands(page_of, group):
    page = page_of(group, "--help")
    assert page.code == 0
    for path in VERBS:
        if path.startswith(f"{group} "):
            assert f" {path.partition(' ')[2]} " in page.out


@pytest.mark.parametrize("path", ["bead create", "rig add", "sling", "ready", "install", "done"])
def test_a_commands_page_names_its_words_and_flags(page_of, path):
    page = page_of(*path.split(), "--help")
    assert (page.code, page.err) == (0, "")
    verb = VERBS[path]
    assert verb.help in page.out
    for flag in verb.flags:
        assert all(spelling in page.out for spelling in flag.spellings)
        assert flag.help in page.out
    assert all(word.meta in page.out for word in verb.words)
    assert "--town" in page.out and "--json" in page.out


async def test_the_version_is_said(gt):
    assert (await gt("--version")).out.startswith("gt 0.")


async def test_a_flag_after_two_dashes_is_no_call_for_help(gt):
    assert (await gt("bead", "show", "--", "--help")).code == 4


async def test_the_shell_completes_commands_flags_and_the_towns_own_names(open_town, gt_in):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead("Fix login")
        gt = gt_in(town)

        async def completed(typed: str) -> str:
            asked = {"_GT_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": typed}
            return (await gt(env=asked)).out

        assert "escalations" in await completed("gt esc")
        assert "--priority" in await completed("gt bead create --pri")
        assert bead in await completed("gt bead show ap-")
        assert "app" in await completed("gt ready --rig ")


async def test_completion_where_no_town_answers_offers_nothing_and_complains_of_nothing(gt):
    asked = {"_GT_COMPLETE": "complete_zsh", "_TYPER_COMPLETE_ARGS": "gt bead show "}
    end = await gt(env=asked)
    assert "Traceback" not in end.err
