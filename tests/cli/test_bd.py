"""`bd` as workers type it: the argument forms of the program they know it from."""

import json
import os
import sys

import anyio
import pytest

BD = (sys.executable, "-c", "import sys; from gastown_cli.bd import main; sys.exit(main())")
HEAVY = {"typer", "json", "re", "typing", "asyncio", "anyio", "msgspec", "mcp", "pathlib", "collections"}
SHOW = "import sys; before = set(sys.modules); from gastown_cli.bd import main; code = main();"
MODULES = (sys.executable, "-c", f"{SHOW} print(*sorted(set(sys.modules) - before), file=sys.stderr); sys.exit(code)")


class Worker:
    """`bd` in a session. bead: the session's."""

    def __init__(self, town, bead, session):
        self.town, self.bead = town, bead
        speaks = {"GT_SESSION": session, "GT_TOKEN": town.as_session(session)["token"], "GT_BEAD": bead}
        plain = {name: value for name, value in os.environ.items() if not name.startswith("GT_")}
        self._environment = {**plain, "GT_TOWN": str(town.town.path), **speaks}

    async def run(self, *words, program=BD):
        with anyio.fail_after(60):
            return await anyio.run_process((*program, *words), check=False, env=self._environment)

    async def data(self, *words):
        end = await self.run(*words, "--json")
        assert end.returncode == 0, end.stderr
        return json.loads(end.stdout)

    async def error(self, *words):
        end = await self.run(*words, "--json")
        return end.returncode, json.loads(end.stderr)


async def hired(town):
    await town.founded()
    bead = await town.bead("Fix login")
    return Worker(town, bead, await town.started(bead))


async def test_the_daily_round(open_town):
    async with open_town() as town:
        bd = await hired(town)
        (shown,) = await bd.data("show", bd.bead)
        assert (shown["id"], shown["title"], shown["status"]) == (bd.bead, "Fix login", "in_progress")
        (mine,) = await bd.data("update", bd.bead, "--status", "in_progress", "--notes", "half way")
        assert mine["notes"] == "half way"
        assert (await bd.data("update", bd.bead, "--append-notes=and more", "--claim"))[0][
            "notes"
        ] == "half way\nand more"
        assert (await bd.data("note", bd.bead, "done", "soon"))["notes"] == "half way\nand more\ndone soon"
        need = await bd.data("create", "First this", "-t", "bug", "-p", "P1", "-d", "It fails.", "-q")
        assert (need["issue_type"], need["priority"], need["description"]) == ("bug", 1, "It fails.")
        assert [one["id"] for one in await bd.data("ready", "-n", "5", "--no-daemon")] == [need["id"]]
        found = await bd.data("create", "--title=Found", "--deps", f"discovered-from:{bd.bead},{need['id']}")
        assert found["description"] == f"Discovered from: {bd.bead}"
        assert [one["id"] for one in await bd.data("dep", "list", found["id"])] == [need["id"]]
        await bd.data("dep", "remove", found["id"], need["id"])
        await bd.data("dep", "add", found["id"], need["id"], "--type", "blocks")
        assert [one["id"] for one in await bd.data("close", need["id"], "-r", "was nothing")] == [need["id"]]
        assert [one["id"] for one in await bd.data("list")] == [bd.bead, found["id"]]
        assert len(await bd.data("list", "--all")) == 3
        assert [one["id"] for one in await bd.data("list", "--status=closed")] == [need["id"]]


async def test_it_speaks_as_its_session_and_for_its_own_bead_alone(open_town):
    async with open_town() as town:
        bd = await hired(town)
        created = await bd.data("create", "Found on the way")
        assert created["created_by"] == f"polecat/{bd.bead}-1"
        other = await town.bead("Other")
        for words in (("update", other, "--claim"), ("update", other, "--notes", "x"), ("close", other)):
            code, error = await bd.error(*words)
            assert (code, bool(error["hint"])) == (3, True), words


@pytest.mark.parametrize(
    ("words", "names"),
    [
        (("claim", "x"), "gt hook"),
        (("update", "x", "--status", "deferred"), "gt done --status deferred"),
        (("update", "x", "--status", "blocked"), "gt done --status escalated"),
        (("create", "x", "--deps", "blocks:y"), "bd dep add y"),
        (("label", "add", "x", "y"), "bd note"),
        (("create", "x", "--labels", "y"), "bd help"),
        (("create",), "bd create TITLE"),
        (("mail", "inbox"), "gt mail"),
        (("dep", "cycles"), "bd dep add"),
        (("frobnicate",), "bd help"),
        (("remember", "x"), "bd note"),
        (("--actor", "somebody", "ready"), "bd help"),
    ],
    ids=" ".join,
)
async def test_what_has_no_counterpart_names_what_to_type(open_town, words, names):
    async with open_town() as town:
        before = await town.desk.log.last_position()
        code, error = await Worker(town, "ap-1", "ap-1-1").error(*words)
        assert code == 2
        assert names in error["hint"], error
        assert await town.desk.log.last_position() == before


async def test_pages_are_for_reading(open_town):
    async with open_town() as town:
        bd = await hired(town)
        for words, said in {
            ("show", bd.bead): "Fix login",
            ("list",): bd.bead,
            ("update", bd.bead, "--claim"): f"{bd.bead} is in_progress",
            ("q", "Quick"): "ap-",
            ("help",): "bd dep add",
            ("sync",): "nothing to be done",
            ("dep", "tree", bd.bead): "it needs nothing",
            ("prime",): "Fix login",
        }.items():
            end = await bd.run(*words)
            assert (end.returncode, said in end.stdout.decode()) == (0, True), (words, end)
        assert (await bd.run("show")).returncode == 2
        assert b"bd show needs ID..." in (await bd.run("show")).stderr


async def test_a_call_imports_next_to_nothing(open_town):
    async with open_town() as town:
        bd = await hired(town)
        end = await bd.run("ready", program=MODULES)
        imported = end.stderr.decode().split()
        assert "gastown_cli.bd_verbs" in imported
        assert not {name.partition(".")[0] for name in imported} & HEAVY
