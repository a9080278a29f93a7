"""The town's own tools: nobody is asked about them, unless a rule names them; nothing else passes as one of them."""

from pathlib import Path

import msgspec
import pytest

from gastown.adapters.agents.told import PermissionAsked
from gastown.adapters.permissions.asked import asked_of
from gastown.adapters.permissions.own import TOOLS
from gastown.adapters.permissions.rules import judge
from gastown.events.policy import Policy, Rule
from gastown_cli.tools import TOOLS as OFFERED

TOWN = Path("/towns/ours")


def said(policy: Policy, tool: str, title: str = "", **detail: object) -> str:
    told = PermissionAsked(id="1", tool=tool, title=title, detail=msgspec.json.encode(detail).decode())
    return judge(policy, "polecat", asked_of(told, Path("/w"), TOWN))


def said_of(policy: Policy, command: str) -> str:
    return said(policy, "Bash", command, command=command)


@pytest.mark.parametrize(
    "command",
    [
        *("gt done", "gt mail send overseer -m 'A && B?'", "gt prime 2>/dev/null", "gt bead show gt-1 --json 2>&1"),
        *("bd ready", "/towns/ours/bin/gt hook", "/towns/ours/bin/bd close gt-1", "bash -lc 'gt done'"),
    ],
)
def test_nobody_is_asked_about_what_a_worker_says_to_its_town(command):
    assert said_of(Policy(), command) == "allow"
    assert said_of(Policy(rules=(Rule(decide="ask", tool="shell"),)), command) == "allow"
    assert said_of(Policy(rules=(Rule(decide="ask", command="* *"),)), command) == "allow"
    assert said_of(Policy(rules=(Rule(decide="ask", title="*"),)), command) == "allow"


@pytest.mark.parametrize(
    "command",
    [
        *("gt done && rm x", "gt done; gt done", "gt prime | sh", "gt prime > x", "gt prime 2>> x", "gt done $(rm x)"),
        *(
            "gt",
            "gt backup x",
            "gt down",
            "gt init x",
            "gt demo",
            "gt sling gt-1",
            "gt mcp",
            "gt mail",
            "gt policy drop",
        ),
        *("gt mail send overseer --town /towns/other", "gt --town /towns/other done", "bd ready --town=/towns/other"),
        *("/tmp/gt done", "./gt done", "bin/bd ready", "/towns/other/bin/gt done", "env gt done", "PATH=. gt done"),
        *("gt-done", "sudo gt done", "gt done &", "rm gt done"),
    ],
)
def test_nothing_else_passes_as_that(command):
    assert said_of(Policy(), command) == "ask"


def test_what_names_or_denies_them_counts():
    named = Policy(rules=(Rule(decide="ask", command="gt mail *"), Rule(decide="deny", command="bd close *")))
    assert said_of(named, "gt mail send overseer -m x") == "ask"
    assert said_of(named, "/towns/ours/bin/gt mail send overseer -m x") == "ask"
    assert said_of(named, "/towns/ours/bin/bd close gt-1") == "deny"
    assert said_of(named, "gt done") == "allow"
    assert said_of(Policy(rules=(Rule(decide="deny", tool="shell"),)), "gt done") == "deny"
    assert said_of(Policy(default="deny"), "gt done") == "deny"
    assert said_of(Policy(rules=(Rule(decide="ask", title="gt d*"),)), "gt done") == "ask"


@pytest.mark.parametrize("name", ["mcp__gastown__mail_send", "mcp_gastown_mail_send", "gastown_mail_send"])
def test_the_same_holds_of_its_mcp_server(name):
    letter = {"address": "overseer", "text": "A or B?"}
    assert said(Policy(), name, **letter) == "allow"
    assert said(Policy(rules=(Rule(decide="ask", tool="other"),)), name, **letter) == "allow"
    assert said(Policy(rules=(Rule(decide="ask", tool="*"),)), name, **letter) == "allow"
    assert said(Policy(rules=(Rule(decide="ask", tool="*mail_send"),)), name, **letter) == "ask"
    assert said(Policy(rules=(Rule(decide="deny", tool="other"),)), name, **letter) == "deny"
    assert said(Policy(default="deny"), name, **letter) == "deny"
    assert said(Policy(), name, command="rm x") == "ask"
    assert said(Policy(), name, path="/etc/passwd") == "ask"


@pytest.mark.parametrize("name", ["mcp__other__done", "mcp__gastown__burn", "gastown__done", "mcp__gastown__", "done"])
def test_no_other_servers_tools_pass_as_its(name):
    assert said(Policy(), name, title="mcp__gastown__done") == "ask"


def test_all_tools_of_its_server_are_known():
    assert OFFERED.keys() == TOOLS
