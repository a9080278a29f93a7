"""What Codex is asked for when a conversation is opened: where it works, and what it may do there. Pure."""

from gastown.adapters.agents.port import Server, Start


def opening_of(start: Start) -> dict[str, object]:
    """Of a thread, a new one or not."""
    asked: dict[str, object] = {
        "cwd": str(start.worktree),
        "approvalPolicy": "untrusted" if start.asks else "never",
        "sandbox": "workspace-write" if _holds_itself(start) else "danger-full-access",
    }
    if start.aside:
        # the copy is kept in no file; of such a one it does not tell the turns (measured)
        asked |= {"sandbox": "read-only", "ephemeral": True, "excludeTurns": True}
    config: dict[str, object] = {}
    if start.agent.model:
        asked["model"] = start.agent.model
    if start.instructions:
        asked["developerInstructions"] = start.instructions
    if start.servers:
        config["mcp_servers"] = _servers(start.servers, asks=start.asks)
    if _holds_itself(start):
        roots = [str(place) for place in start.writes]
        config["sandbox_workspace_write"] = {"writable_roots": roots, "network_access": start.network}
    if config:
        asked["config"] = config
    return asked


def _holds_itself(start: Start) -> bool:
    """Whether its own sandbox is all that holds its tools, and it knows what they have to write."""
    return start.walls is None and bool(start.writes)


def _servers(servers: tuple[Server, ...], *, asks: bool) -> dict[str, object]:
    """Required: otherwise a turn begins without the tools of a server that takes a second to start (measured).

    Who is not to ask lets it use them all, and says so: within its own sandbox it refuses of itself each that does not
    declare that it only reads (measured).
    """
    approved = {} if asks else {"default_tools_approval_mode": "approve"}
    return {
        one.name: {
            "command": one.command[0],
            "args": list(one.command[1:]),
            "env": dict(one.environment),
            "required": True,
            "startup_timeout_sec": 60,
            **approved,
        }
        for one in servers
    }
