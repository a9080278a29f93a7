import json

import anyio
import pytest

from gastown import config
from gastown.adapters.processes import locks
from gastown.errors import EXIT_CODES


async def test_each_refusal_has_its_exit_code(open_town, gt_in):
    async with open_town() as town:
        await town.founded()
        gt, bead = gt_in(town), await town.bead()
        await town.data("sling", words=[bead])
        town.host.answers["ask_peek"] = 7  # what no host says

        for words, code in (
            (("bead", "create", " "), "usage"),
            (("bead", "reopen", "none"), "unknown"),
            (("retry", bead), "refused"),
            (("sling", bead), "taken"),
            (("hook",), "refused"),
        ):
            end = await gt(*words, "--json")
            assert (words, end.code, end.error["code"]) == (words, EXIT_CODES[code], code)
            assert end.error["message"] and end.error["hint"]
            assert end.out == ""


async def test_a_refusal_in_words_says_what_and_what_next(open_town, gt_in):
    async with open_town() as town:
        end = await gt_in(town)("bead", "show", "ap-none")
        assert (end.code, end.out) == (4, "")
        assert end.err == "gt: no bead 'ap-none'\n    gt bead list\n"


async def test_a_bug_of_the_towns_ends_with_1(open_town, gt_in):
    async with open_town() as town:
        await town.founded()
        session = await town.started(await town.bead())
        town.host.answers["ask_peek"] = {"not": "a text"}
        end = await gt_in(town)("peek", session)
        assert end.code == EXIT_CODES["bug"]


@pytest.mark.parametrize(
    "words",
    [
        ("explode",),
        ("bead",),
        ("bead", "explode"),
        ("bead", "show"),
        ("bead", "show", "one", "two"),
        ("bead", "create", "x", "--colour", "red"),
        ("bead", "create", "x", "-p"),
        ("bead", "create", "x", "-p", "high"),
        ("bead", "create", "x", "-d", "one", "--stdin"),
        ("ready", "--json=yes"),
        ("ready", "--at", "now"),
        ("done", "--status", "maybe"),
        ("wait", "x", "--timeout", "soon"),
        ("rig", "add", "app", "/srv", "--gate", "make test"),
        ("rig", "add", "app", "/srv", "--gate", "a=b", "--no-gates"),
        ("rig", "add", "app", "https://host/app.git", "--copy", ".env"),
        ("config", "set", "nats.url", "nowhere"),
    ],
    ids=" ".join,
)
async def test_words_that_make_no_sense_are_a_usage_error_with_a_hint(open_town, gt_in, words):
    async with open_town() as town:
        end = await gt_in(town)(*words, "--json")
        assert (end.code, json.loads(end.err)["error"]["code"]) == (2, "usage")
        assert end.error["hint"]


async def test_wait_ends_with_7_when_a_person_is_needed_and_0_when_all_is_done(open_town, gt_in):
    async with open_town() as town:
        await town.founded()
        gt, bead = gt_in(town), await town.bead()
        stuck = await gt("wait", bead)
        assert (stuck.code, "gt sling" in stuck.out) == (7, True)
        await town.data("bead.close", bead=bead, reason="not wanted")
        assert (await gt("wait", bead)).code == 0
        assert (await gt("wait", bead, "--json")).data["done"]


async def test_verify_and_rig_check_end_with_7_when_something_is_wrong(open_town, gt_in):
    async with open_town() as town:
        await town.founded()
        gt = gt_in(town)
        assert (await gt("verify")).code == 0
        assert (await gt("rig", "check", "app")).code == 0
        town.host.answers["ask_proof"] = ["the pin is gone"]
        town.host.answers["ask_rig_check"] = [{"name": "push", "ok": False, "detail": "denied", "mend": "ask for it"}]
        wrong = await gt("verify")
        assert (wrong.code, "the pin is gone" in wrong.out) == (7, True)
        wrong = await gt("rig", "check", "app")
        assert (wrong.code, "ask for it" in wrong.out) == (7, True)


async def test_outside_a_town_there_is_no_such_thing(gt, tmp_path):
    end = await gt("ready", "--json")
    assert (end.code, end.error["code"]) == (4, "unknown")
    assert "gt install" in end.error["hint"]
    assert (await gt("ready", "--town", str(tmp_path / "nowhere"))).code == 4
    assert (await gt("ready", "--town", "nobody")).code == 4


async def test_a_town_that_is_down_is_unreachable_at_once(gt, tmp_path):
    config.install(tmp_path / "town", "springfield", "01JTOWN")
    with anyio.fail_after(10):
        end = await gt("--town", str(tmp_path / "town"), "ready", "--json")
    assert (end.code, end.error["code"], end.error["hint"]) == (6, "unreachable", "gt up")


async def test_a_socket_that_nobody_listens_on_is_a_town_that_is_down(gt, tmp_path):
    town = config.install(tmp_path / "town", "springfield", "01JTOWN")
    (town.run / "socket").write_text(str(tmp_path / "gone"))
    assert (await gt("ready", env={"GT_TOWN": str(town.path)})).code == 6


async def test_a_corrupt_config_is_named(gt, tmp_path):
    town = config.install(tmp_path / "town", "springfield", "01JTOWN")
    (town.path / "town.toml").write_text("name = [")
    for words in (("ready",), ("up",), ("down",)):
        end = await gt(*words, "--json", env={"GT_TOWN": str(town.path)})
        assert (words, end.code, "town.toml" in end.error["message"]) == (words, 2, True)


async def test_a_stale_lock_file_is_no_living_daemon(gt, tmp_path):
    town = config.install(tmp_path / "town", "springfield", "01JTOWN")
    with locks.held(town.run / "daemon.lock", "the daemon"):
        pass
    with anyio.fail_after(10):
        assert (await gt("ready", env={"GT_TOWN": str(town.path)})).code == 6


async def test_the_town_is_found_as_documented(open_town, gt, tmp_path):
    async with open_town() as town:
        path = town.town.path
        below = path / "rigs" / "deep"
        below.mkdir(parents=True)
        known = tmp_path / "home/.config/gastown/towns/springfield"
        known.parent.mkdir(parents=True)
        known.write_text(f"{path}\n")
        assert (await gt("ready", cwd=below)).code == 0
        assert (await gt("--town", "springfield", "ready")).code == 0
        assert (await gt("ready", "--town=springfield")).code == 0
        assert (await gt("ready", env={"GT_TOWN": "springfield"})).code == 0
        assert (await gt("ready")).code == 4
        (tmp_path / "home/gt").symlink_to(path)
        assert (await gt("ready")).code == 0
