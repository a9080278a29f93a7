"""mcp: the town's tools, for an agent that takes MCP servers."""

from __future__ import annotations

from gastown_cli.asking import Later
from gastown_cli.verbs import Verb

VERBS = (
    Verb(
        "mcp",
        "Serve this session's tools over MCP, on standard input and output (inside a session)",
        Later("mcp_server:serve"),
    ),
)
