"""gt mcp, asked by the official client."""

import json
import sys
from contextlib import asynccontextmanager

from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client

from gastown.actors.errands import SandboxFacts
from gastown_cli.tools import TOOLS


@asynccontextmanager
async def tools(town, session):
    """A client of the server of this session."""
    call = "import sys; from gastown_cli.main import main; sys.exit(main())"
    environment = {
        "GT_TOWN": str(town.town.path),
        "GT_SESSION": session,
        "GT_TOKEN": town.as_session(session)["token"],
    }
    server = StdioServerParameters(command=sys.executable, args=["-c", call, "mcp"], env=environment)
    async with stdio_client(server) as (heard, said), ClientSession(heard, said) as client:
        await client.initialize()
        yield client


async def asked(client, tool, **arguments):
    """-> (whether it went wrong, the text)"""
    answer = await client.call_tool(tool, arguments)
    (content,) = answer.content
    return answer.is_error, content.text


async def test_an_agent_has_the_towns_tools_as_its_session(open_town):
    async with open_town() as town:
        await town.founded()
        bead = await town.bead("Fix login")
        session = await town.started(bead)
        async with tools(town, session) as client:
            offered = {tool.name: tool for tool in (await client.list_tools()).tools}
            assert offered.keys() == TOOLS.keys()
            assert offered["mail_send"].input_schema["required"] == ["address", "text"]

            wrong, text = await asked(client, "hook")
            assert (wrong, json.loads(text)["session"]) == (False, session)
            wrong, text = await asked(client, "prime")
            assert (wrong, f"Bead {bead}: Fix login" in text) == (False, True)
            wrong, text = await asked(client, "mail_send", address="overseer", text="A or B?")
            assert (wrong, json.loads(text)["sender"]) == (False, f"polecat/{session}")
            assert (await town.data("mail.check"))["unread"] == 1
            assert (await asked(client, "escalate", text="A or B?", severity="high"))[0] is False
            assert (await asked(client, "bead_create", title="Found"))[0] is False

            wrong, text = await asked(client, "bead_show", bead="nothing")
            assert (wrong, text) == (True, "no bead 'nothing'\ngt bead list")
            for tool, arguments in {
                "hook": {"session": "ap-9-1"},
                "bead_show": {},
                "no_such": {},
                "mail_read": {"mail": "x", "at": 1},
            }.items():
                wrong, text = await asked(client, tool, **arguments)
                assert (wrong, "\n" in text) == (True, True), text
            wrong, text = await asked(client, "done")
            assert (wrong, json.loads(text)["status"]) == (False, "completed")
        await town.until("session", session, "session.done_declared")


async def test_an_agent_hands_on_by_its_tools(open_town):
    async with open_town() as town:
        await town.founded()
        session = await town.started(await town.bead("Fix login"))
        async with tools(town, session) as client:
            assert (await asked(client, "handoff"))[0] is True
            town.host.answers["ask_sandbox"] = SandboxFacts(head="", base="", ahead=0, changed=("a.py",))
            wrong, text = await asked(client, "handoff", notes="All but the docs.")
            assert (wrong, "uncommitted changes in a.py" in text) == (True, True)
            town.host.answers["ask_sandbox"] = SandboxFacts(head="", base="", ahead=1)
            wrong, text = await asked(client, "handoff", notes="All but the docs.")
            assert (wrong, json.loads(text)["state"]) == (False, "ending")
        await town.host.errand(f"end:{session}")


async def test_outside_a_session_there_are_no_tools(open_town, gt_in):
    async with open_town() as town:
        refused = await gt_in(town)("mcp", "--json")
        assert (refused.code, "for a session" in refused.error["message"]) == (3, True)
