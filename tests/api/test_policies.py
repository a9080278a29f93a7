"""What a person says of what agents may use."""

import pytest

CAREFUL = """
default = "deny"
network = false

[[rule]]
decide = "allow"
tool = "shell"
command = "git commit *"

[[rule]]
decide = "ask"
tool = "edit"
path = "src/*"
roles = ["polecat"]
"""


async def test_a_policy_is_set_shown_and_dropped(open_town):
    async with open_town() as town:
        await town.founded()
        assert await town.data("policy.list") == []
        said = await town.data("policy.set", content=CAREFUL, rig="app")
        assert (said["rig"], said["default"], said["network"], said["unasking"]) == ("app", "deny", False, "refuse")
        assert [rule["decide"] for rule in said["rules"]] == ["allow", "ask"]
        assert await town.data("policy.show", rig="app") == said
        await town.data("policy.set", content='default = "ask"')
        assert [one["rig"] for one in await town.data("policy.list")] == ["", "app"]
        await town.data("policy.drop", rig="app")
        assert (await town.error("policy.show", rig="app"))["hint"] == "gt policy set FILE --rig app"
        assert (await town.error("policy.show", rig="lib"))["message"] == "there is no rig lib"


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("default = ", "line 1"),
        ("\n\nrules = 7", "'rules' in a policy (at line 3)"),
        ("\ndefault = 'allow'", "at line 2"),
        ("[[rule]]\ndecide = 'allow'\n\n[[rule]]\ndecide = 'never'", "rule 2, at line 4"),
        ("[[rule]]\ntool = 'x'", "`decide` (rule 1, at line 1)"),
        ("[[rule]]\ndecide = 'ask'\nwhere = 'x'", "`where` (rule 1, at line 1)"),
        ("[[rule]]\ndecide = 'ask'\nroles = ['mayor']", "rule 1"),
        ("[[rule]]\ndecide = 'allow'\ncommand = 'a && b'", "no command would ever be"),
        ("[[rule]]\ndecide = 'allow'\ncommand = 'a > b'", "no command would ever be"),
        ("[[rule]]\ndecide = 'allow'\ncommand = 'a'\npath = 'b'", "a command or about a path"),
        ('[[rule]]\ndecide = "allow"\ntool = "a\\u0007"', "tool is one line"),
        ("rule = 3", "at line 1"),
        ("", "says nothing"),
        ("x" * 60_000, "too many"),
    ],
)
async def test_a_policy_that_does_not_parse_names_the_line_and_what_to_do(open_town, content, words):
    async with open_town() as town:
        error = await town.error("policy.set", content=content)
        assert words in error["message"]
        assert (error["code"], bool(error["hint"])) == ("usage", True)
        assert await town.data("policy.list") == []


async def test_an_agent_that_cannot_ask_is_refused_where_it_would_have_to(open_town):
    async with open_town() as town:
        await town.founded()
        await town.data("agent.add", name="cc", vendor="claude")
        await town.data("policy.set", content='default = "ask"')
        bead = await town.bead()
        error = await town.error("sling", words=[bead])
        assert "agent sh cannot ask" in error["message"]
        assert "--agent NAME" in error["hint"]
        await town.data("sling", words=[bead], agent="cc")
