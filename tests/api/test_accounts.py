"""Accounts over the socket: added, changed, listed and removed; what is secret of them is told to nobody."""

import json

import pytest

from gastown.adapters import account_secrets

SECRET = "sk-very-secret"


async def logged(town) -> str:
    """All that the log holds."""
    return str([event async for event in town.desk.log.read()])


async def test_an_account_is_kept_without_a_word_of_its_secret(open_town):
    async with open_town() as town:
        added = await town.ask(
            "account.add", name="work", vendor="claude", env=[("ANTHROPIC_API_KEY", SECRET), ("HTTPS_PROXY", None)]
        )
        assert added["result"]["data"] == {
            "name": "work",
            "vendor": "claude",
            "secrets": ["ANTHROPIC_API_KEY"],
            "passed": ["HTTPS_PROXY"],
            "config_dir": "",
            "state": "well",
            "until": None,
            "reason": "",
            "since": None,
            "session": "",
            "agents": [],
            "lacks": "",
        }
        await town.data("agent.add", name="cc", vendor="claude", accounts=["work"])
        for method in ("account.list", "agent.list", "status", "events"):
            assert SECRET not in json.dumps(await town.ask(method))
        assert SECRET not in await logged(town)
        file = town.town.path / "secrets" / "accounts" / "work"
        assert json.loads(file.read_text()) == {"ANTHROPIC_API_KEY": SECRET}
        assert file.stat().st_mode & 0o077 == 0
        assert [one["agents"] for one in await town.data("account.list")] == [["cc"]]


async def test_what_is_refused_touches_no_secret(open_town):
    async with open_town() as town:
        await town.data("account.add", name="work", vendor="claude", env=[("KEY", SECRET)])
        taken = await town.error("account.add", name="work", vendor="claude", env=[("KEY", "another")])
        assert taken["code"] == "taken"
        file = town.town.path / "secrets" / "accounts" / "work"
        assert SECRET in file.read_text()
        await town.data("account.set", name="work", env=[("KEY", "newer")])
        assert "newer" in file.read_text()
        await town.data("agent.add", name="cc", vendor="claude", accounts=["work"])
        assert (await town.error("account.remove", name="work"))["code"] == "refused"
        assert file.exists()
        await town.data("agent.set", name="cc", accounts=[""])
        await town.data("account.remove", name="work")
        assert not file.exists()
        assert await town.data("account.list") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"vendor": "parrot"},
        {"env": []},
        {"env": [("GT_TOKEN", "x")]},
        {"env": [("KEY", "")]},
        {"config_dir": "/no/such/folder"},
        {"config_dir": "relative"},
        {"name": "agent.cc"},
    ],
)
async def test_an_account_that_makes_no_sense_is_refused(open_town, wrong):
    async with open_town() as town:
        refusal = await town.error("account.add", **({"name": "a", "vendor": "claude", "env": [("K", "v")]} | wrong))
        assert (refusal["code"], bool(refusal["hint"])) == ("usage", True)


async def test_an_account_whose_secret_is_gone_says_what_it_lacks(open_town):
    async with open_town() as town:
        await town.data("account.add", name="work", vendor="claude", env=[("KEY", SECRET)])
        account_secrets.forget(town.town.path, "work")  # as in a town that was restored
        (listed,) = await town.data("account.list")
        assert listed["lacks"].endswith("gt account set work --env KEY=...")


async def test_ok_is_said_of_an_account_or_of_an_agent_that_names_none(open_town):
    async with open_town() as town:
        await town.data("agent.add", name="cc", vendor="claude")
        assert (await town.data("account.ok", name="cc"))["account"] == "agent.cc"
        assert (await town.error("account.ok", name="nobody"))["code"] == "unknown"
        await town.data("account.add", name="work", vendor="claude", env=[("KEY", SECRET)])
        await town.data("agent.set", name="cc", accounts=["work"])
        assert (await town.error("account.ok", name="cc"))["hint"] == "gt account ok work"


async def test_an_agent_is_changed_in_place_and_chosen_for_the_town_and_for_a_rig(open_town):
    async with open_town() as town:
        await town.data("agent.add", name="sh", vendor="shell", command="true")
        await town.data("agent.add", name="cx", vendor="codex")
        changed = await town.data("agent.set", name="cx", model="large", fallbacks=["sh"], timeout=60)
        assert (changed["vendor"], changed["model"], changed["fallbacks"]) == ("codex", "large", ["sh"])
        assert (await town.error("agent.set", name="cx", command=" ", vendor="shell"))["code"] == "usage"
        assert (await town.error("agent.set", name="none"))["code"] == "unknown"
        assert await town.data("config.set", name="agent.polecat", value="cx") == {"agent.polecat": "cx"}
        assert (await town.data("config.get"))["agent.polecat"] == "cx"
        assert (await town.error("config.set", name="agent.polecat", value="none"))["code"] == "unknown"
        await town.data("rig.add", rig="app", location="/srv/app.git", no_gates=True, agent="sh")
        assert (await town.data("rig.show", rig="app"))["agent"] == "sh"
        assert (await town.error("rig.set", rig="app", agent="none"))["code"] == "unknown"
