"""What every call pays for: a cold call costs little more than starting Python."""

import os
import sys

import anyio
import pytest

from gastown_cli.families import FAMILIES
from gastown_cli.later import module

HEAVY = {
    *("typer", "click", "rich", "asyncio", "anyio", "nats", "msgspec", "structlog", "opentelemetry", "psutil", "ulid"),
    *("json", "re", "typing", "enum", "pathlib", "argparse", "socket", "dataclasses", "collections", "functools"),
}
PROGRAM = (
    "import sys; before = set(sys.modules); from gastown_cli.main import main; code = main();"
    "print(*sorted(set(sys.modules) - before), file=sys.stderr); sys.exit(code)"
)


@pytest.mark.parametrize(
    "words",
    [
        ("ready",),
        ("ready", "--json"),
        ("bead", "list"),
        ("bead", "show", "BEAD"),
        ("bead", "create", "another"),
        ("sling", "BEAD"),
        ("status",),
        ("agents",),
        ("wait", "BEAD", "--timeout", "0"),
        ("convoy", "list"),
        ("mq", "list"),
        ("mail", "inbox"),
        ("mail", "send", "BEAD", "-m", "x"),
        ("log", "BEAD"),
        ("events",),
        ("trace", "BEAD"),
        ("report",),
        ("rig", "list"),
        ("config", "get"),
        ("ready", "--town", "b"),
        ("ready", "--all"),
        ("bead", "list", "--all", "--json"),
    ],
    ids=" ".join,
)
async def test_a_call_that_needs_only_the_socket_imports_next_to_nothing(open_town, hub, words):
    async with open_town("a", hub) as town, open_town("b", hub):
        await town.founded()
        bead = await town.bead("Größe, 大きさ")
        argv = [bead if word == "BEAD" else word for word in words]
        environment = {**os.environ, "GT_TOWN": str(town.town.path)}
        end = await anyio.run_process((sys.executable, "-c", PROGRAM, *argv), check=False, env=environment)
        assert end.returncode in (0, 7), end.stderr
        imported = end.stderr.decode().split()
        assert f"gastown_cli.{FAMILIES[words[0]]}" in imported
        assert not {name.partition(".")[0] for name in imported} & HEAVY
        assert ("gastown_cli.everywhere" in imported) == bool({"--all", "--town"} & set(words))


async def test_a_refusal_is_as_cheap(open_town):
    async with open_town() as town:
        environment = {**os.environ, "GT_TOWN": str(town.town.path)}
        for words in (("bead", "show", "none"), ("bead", "explode")):
            end = await anyio.run_process((sys.executable, "-c", PROGRAM, *words), check=False, env=environment)
            assert end.returncode in (2, 4)
            assert not {name.partition(".")[0] for name in end.stderr.decode().split()} & HEAVY


def test_every_verb_stands_in_the_family_that_its_first_word_names():
    for family in set(FAMILIES.values()):
        for verb in module(family).VERBS:
            assert FAMILIES[verb.path.partition(" ")[0]] == family
    words = {verb.path.partition(" ")[0] for family in set(FAMILIES.values()) for verb in module(family).VERBS}
    assert words == set(FAMILIES)
