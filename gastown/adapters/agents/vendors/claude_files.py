"""Files of Claude Code's: where it keeps a conversation, and how it is told of MCP servers."""

import re
from pathlib import Path

import msgspec

from gastown.adapters.agents.port import CannotError, Server, Start

_LONGEST_NAME = 200  # of a folder of conversations; longer ones are named otherwise


def stored(start: Start, folder: Path) -> str:
    """Where the conversation that was held in `folder` lies. By its name it is found from that folder only, by its file
    from anywhere (measured). Raises CannotError."""
    name = re.sub(r"[^A-Za-z0-9]", "-", str(folder))
    if len(name) > _LONGEST_NAME:
        msg = f"it is not known under which name claude keeps what was said in {folder}"
        raise CannotError(msg)
    home = start.environment.get("CLAUDE_CONFIG_DIR") or str(Path(start.environment.get("HOME", "/")) / ".claude")
    return str(Path(home) / "projects" / name / f"{start.resume}.jsonl")


def servers_file(servers: tuple[Server, ...]) -> str:
    """To be waited for: otherwise a turn begins without the tools of one that takes a second to start (measured)."""
    words = {one.name: (one.command[0], list(one.command[1:]), dict(one.environment), True) for one in servers}
    fields = ("command", "args", "env", "alwaysLoad")
    described = {name: dict(zip(fields, told, strict=True)) for name, told in words.items()}
    return msgspec.json.encode({"mcpServers": described}).decode()
