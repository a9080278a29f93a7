"""How Claude Code is started to ask before it uses anything. Measured with claude 2.1.197."""

import msgspec

_TOOLS = ("Bash", "Read", "Edit", "Write", "NotebookEdit", "Glob", "Grep", "WebFetch", "WebSearch", "Task", "Skill")

ASKING = (
    *("--permission-prompt-tool", "stdio", "--permission-mode", "default"),
    *("--settings", msgspec.json.encode({"permissions": {"ask": _TOOLS}}).decode()),
)
"""Without these settings it does not ask for what it takes for harmless, nor for what a project's settings allow."""
