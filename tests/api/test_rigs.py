import pytest

from gastown.errors import UsageError

GATES = [("test", "make test")]


async def test_a_rig_is_what_the_origin_says_and_what_was_asked_for(open_town):
    async with open_town() as town:
        added = await town.data(
            "rig.add",
            rig="web-shop",
            location="/srv/app.git",
            gates=GATES,
            setup="make",
            land="hold",
            gate_timeout=60.0,
        )
        rig = added["rig"]
        assert (rig["name"], rig["origin"], rig["target"], rig["landing"]) == (
            "web-shop",
            "/srv/app.git",
            "main",
            "main",
        )
        assert (rig["prefix"], rig["setup"], rig["land"]) == ("ws", "make", "hold")
        assert rig["gates"] == [{"name": "test", "command": "make test", "timeout": 60.0}]
        assert added["notes"] == ["a note"]
        assert added["check"] == [{"name": "fetch", "ok": True, "detail": "", "mend": ""}]


async def test_a_rig_without_gates_must_be_meant(open_town):
    async with open_town() as town:
        refusal = await town.error("rig.add", rig="app", location="/srv/app.git")
        assert (refusal["code"], "--no-gates" in refusal["hint"]) == ("usage", True)
        assert (await town.data("rig.add", rig="app", location="/srv/app.git", no_gates=True))["rig"]["gates"] == []


async def test_a_rig_whose_check_fails_is_not_added(open_town):
    async with open_town() as town:
        town.host.answers["ask_rig_check"] = [
            {"name": "fetch", "ok": True},
            {"name": "gate test", "ok": False, "detail": "exit 2", "mend": "make it pass on main"},
        ]
        refusal = await town.error("rig.add", rig="app", location="/srv/app.git", gates=GATES)
        assert refusal["code"] == "refused"
        assert "gate test: exit 2" in refusal["message"]
        assert refusal["hint"] == "make it pass on main"
        assert await town.data("rig.list") == []

        await town.data("rig.add", rig="app", location="/srv/app.git", gates=GATES, no_check=True)
        check = await town.data("rig.check", rig="app")
        assert (check["ok"], [step["name"] for step in check["steps"]]) == (False, ["fetch", "gate test"])


async def test_the_words_of_the_host_about_an_origin_reach_the_caller(open_town):
    async with open_town() as town:
        town.host.answers["ask_origin"] = UsageError("/srv/app.git is no repository", "git init it")
        refusal = await town.error("rig.add", rig="app", location="/srv/app.git", gates=GATES)
        assert (refusal["code"], refusal["message"]) == ("usage", "/srv/app.git is no repository")


async def test_a_second_rig_of_the_same_name_is_taken_before_anything_is_checked(open_town):
    async with open_town() as town:
        await town.data("rig.add", rig="app", location="/srv/app.git", gates=GATES)
        asked = len(town.host.asked)
        refusal = await town.error("rig.add", rig="app", location="/srv/other.git", gates=GATES)
        assert (refusal["code"], refusal["exit"]) == ("taken", 5)
        assert len(town.host.asked) == asked


async def test_an_add_repeated_after_a_lost_answer_succeeds(open_town):
    async with open_town() as town:
        said = {"rig": "app", "location": "/srv/app.git", "gates": GATES, "command_id": "01ADD"}
        first = await town.ask("rig.add", **said)
        again = await town.ask("rig.add", **said)
        assert again["result"]["position"] == first["result"]["position"]
        assert again["result"]["data"]["rig"] == first["result"]["data"]["rig"]


async def test_prefixes_do_not_collide(open_town):
    async with open_town() as town:
        for name, prefix in (("app", "ap"), ("apple", "apple"), ("web_shop", "ws"), ("hq", "hq-rig"), ("x", "x")):
            said = {"prefix": prefix} if name == "hq" else {}
            added = await town.data("rig.add", rig=name, location="/srv/app.git", gates=GATES, **said)
            assert added["rig"]["prefix"] == prefix


async def test_a_change_leaves_the_rest_as_it_is(open_town):
    async with open_town() as town:
        await town.data("rig.add", rig="app", location="/srv/app.git", gates=GATES, setup="make")
        changed = (await town.data("rig.set", rig="app", land="branch"))["rig"]
        assert (changed["land"], changed["setup"], changed["gates"][0]["name"]) == ("branch", "make", "test")
        assert (await town.data("rig.set", rig="app", no_gates=True))["rig"]["gates"] == []
        assert (await town.error("rig.set", rig="app", copy=[".env"]))["code"] == "usage"
        assert (await town.error("rig.set", rig="none", land="push"))["code"] == "unknown"


async def test_a_rig_is_paused_resumed_and_removed(open_town):
    async with open_town() as town:
        await town.founded()
        paused = await town.data("rig.pause", rig="app", reason="holidays")
        assert (paused["state"], paused["holds"][0]["reason"]) == ("paused", "holidays")
        await town.until("escalation", "rig.app.pause.1", "escalation.raised")
        await town.until("target", "app", "target.held")
        await town.data("rig.resume", rig="app")
        await town.until("target", "app", "target.freed")
        await town.until("escalation", "rig.app.pause.1", "escalation.closed")
        assert (await town.data("rig.show", rig="app"))["state"] == "active"
        assert await town.data("rig.remove", rig="app") == {"name": "app"}
        assert await town.data("rig.list") == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"vendor": "nobody"},
        {"command": ""},
        {"timeout": 0.0},
        {"env": [("GT_TOWN", "x")]},
        {"env": [("A B", None)]},
        {"name": "no spaces"},
        {"model": "large"},
        {"arguments": ["-v"]},
        {"vendor": "acp:"},
        {"vendor": "acp:my-agent", "command": "another"},
    ],
)
async def test_an_agent_that_makes_no_sense_is_refused(open_town, wrong):
    async with open_town() as town:
        refusal = await town.error("agent.add", **({"name": "sh", "vendor": "shell", "command": "true"} | wrong))
        assert (refusal["code"], bool(refusal["hint"])) == ("usage", True)


async def test_agents_are_added_listed_and_removed(open_town):
    async with open_town() as town:
        added = await town.data("agent.add", name="sh", vendor="shell", command="true", env=[("A", "1"), ("B", None)])
        assert added == {
            "name": "sh",
            "vendor": "shell",
            "command": "true",
            "model": "",
            "arguments": [],
            "env": {"A": "1", "B": None},
            "timeout": 7200.0,
            "turn_cost": None,
            "tells_usage": False,
            "sandbox": "",
            "reads": [],
            "writes": [],
            "accounts": [
                {"account": "agent.sh", "state": "well", "until": None, "reason": "", "since": None, "session": ""}
            ],
            "fallbacks": [],
            "default": True,
            "throttled": None,
            "unfit": None,
        }
        assert await town.data("agent.list") == [added]
        assert await town.data("agent.remove", name="sh") == {"name": "sh"}
        assert await town.data("agent.list") == []


async def test_walls_are_refused_where_there_is_nothing_to_build_them_with(open_town, monkeypatch, tmp_path):
    async with open_town() as town:
        await town.founded()
        monkeypatch.setenv("PATH", str(tmp_path))
        agent = {"name": "w", "vendor": "shell", "command": "true", "sandbox": "bwrap"}
        for method, params in (("agent.add", agent), ("rig.set", {"rig": "app", "sandbox": "bwrap"})):
            refusal = await town.error(method, **params)
            assert "not installed" in refusal["message"]
            assert "apt install bubblewrap" in refusal["hint"]
        assert (await town.data("rig.set", rig="app", sandbox="none"))["rig"]["sandbox"] == "none"
        added = await town.data("agent.add", **{**agent, "sandbox": "none", "writes": ["/srv/config"]})
        assert (added["sandbox"], added["writes"]) == ("none", ["/srv/config"])
        for path in ("/", "here", "/srv/../"):
            refusal = await town.error("agent.add", **{**agent, "name": "x", "sandbox": "none", "reads": [path]})
            assert refusal["code"] == "usage"


@pytest.mark.parametrize("vendor", ["gemini", "acp:my-agent --acp"])
async def test_an_agent_of_a_vendor_needs_no_command(open_town, vendor):
    async with open_town() as town:
        added = await town.data("agent.add", name="g", vendor=vendor, model="large", arguments=["--sandbox", "-v"])
        assert (added["vendor"], added["command"]) == (vendor, "")
        assert (added["model"], added["arguments"]) == ("large", ["--sandbox", "-v"])


async def test_who_names_no_known_vendor_is_told_which_there_are(open_town):
    async with open_town() as town:
        refusal = await town.error("agent.add", name="x", vendor="parrot")
        assert {"shell", "gemini", "opencode", "acp:CMD"} <= set(refusal["hint"].split())


async def test_settings_are_read_and_changed(open_town):
    async with open_town() as town:
        known = await town.data("config.get")
        assert (known["max_polecats"], known["nats.url"]) == (8, "")
        assert await town.data("config.set", name="max_polecats", value="3") == {"max_polecats": 3}
        assert await town.data("config.get", name="max_polecats") == {"max_polecats": 3}
        assert (await town.error("config.set", name="max_polecats", value="many"))["code"] == "usage"
        assert (await town.error("config.set", name="max_polecats", value="-1"))["code"] == "usage"
        assert (await town.error("config.set", name="no.such", value="1"))["code"] == "unknown"
        for text, value in (("1G", 2**30), ("1.5g", 3 * 2**29), ("64M", 2**26), ("99999999", 99999999), ("0", 0)):
            assert await town.data("config.set", name="disk.min_free", value=text) == {"disk.min_free": value}
        for wrong in ("much", "G", "-1G", "1E", "infG", "nanM", "", "1K"):
            assert (await town.error("config.set", name="disk.min_free", value=wrong))["code"] == "usage"
