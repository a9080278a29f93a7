"""What `gt mcp` offers, as data: each tool is one method of the town's socket."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

_TEXT: Mapping[str, Any] = {"type": "string"}
_MANY: Mapping[str, Any] = {"type": "array", "items": {"type": "string"}}
_YES: Mapping[str, Any] = {"type": "boolean"}
_PRIORITY: Mapping[str, Any] = {"type": "integer", "minimum": 0, "maximum": 4}


class Tool(NamedTuple):
    """takes: its arguments, by name, as JSON schemas; they are the method's params. needed: those it cannot do without.

    shows: the field of the answer that is shown alone; "": all of it, as JSON.
    """

    name: str
    method: str
    description: str
    takes: Mapping[str, Mapping[str, Any]] = {}
    needed: tuple[str, ...] = ()
    shows: str = ""

    @property
    def schema(self) -> dict[str, Any]:
        properties = {name: dict(kind) for name, kind in self.takes.items()}
        return {
            "type": "object",
            "properties": properties,
            "required": list(self.needed),
            "additionalProperties": False,
        }


def _one_of(*values: str) -> Mapping[str, Any]:
    return {"type": "string", "enum": list(values)}


TOOLS = {
    tool.name: tool
    for tool in (
        Tool("hook", "hook", "Your assignment: session, bead, worktree, branch."),
        Tool("prime", "prime", "All you must know about your work, as it stands now.", shows="text"),
        Tool(
            "done",
            "done",
            "Hand in what you have committed (completed), or give the bead back: deferred, or escalated to a person."
            " End your turn after it.",
            {"status": _one_of("completed", "deferred", "escalated"), "reason": _TEXT},
        ),
        Tool(
            "handoff",
            "handoff",
            "Have a fresh session go on with your bead, after you have committed all. notes: what it is to know."
            " End your turn after it.",
            {"notes": _TEXT},
            ("notes",),
        ),
        Tool("ready", "ready", "Beads that could be worked on now.", {"rig": _TEXT, "limit": {"type": "integer"}}),
        Tool("bead_show", "bead.show", "All there is to know about a bead.", {"bead": _TEXT}, ("bead",)),
        Tool(
            "bead_create",
            "bead.create",
            "Write down work that you found and that is not yours to do now.",
            {"title": _TEXT, "description": _TEXT, "acceptance": _TEXT, "priority": _PRIORITY, "needs": _MANY},
            ("title",),
        ),
        Tool(
            "bead_update",
            "bead.update",
            "Set the notes of your bead, in place of those there are.",
            {"bead": _TEXT, "notes": _TEXT},
            ("bead", "notes"),
        ),
        Tool(
            "bead_close",
            "bead.close",
            "Your bead needs no commit: it is done without, or not wanted.",
            {"bead": _TEXT, "reason": _TEXT},
            ("bead", "reason"),
        ),
        Tool(
            "mail_send",
            "mail.send",
            "Write to overseer (a person), or to whoever works on a bead, now or next.",
            {"address": _TEXT, "subject": _TEXT, "text": _TEXT, "urgent": _YES},
            ("address", "text"),
        ),
        Tool("mail_inbox", "mail.inbox", "Letters for you."),
        Tool("mail_read", "mail.read", "One letter.", {"mail": _TEXT}, ("mail",)),
        Tool("mail_reply", "mail.reply", "Answer a letter.", {"mail": _TEXT, "text": _TEXT}, ("mail", "text")),
        Tool(
            "nudge",
            "nudge",
            "Tell another agent at work something now; it is lost if that agent ends.",
            {"address": _TEXT, "text": _TEXT, "urgent": _YES},
            ("address", "text"),
        ),
        Tool(
            "escalate",
            "escalate",
            "Ask a person to decide something while you go on; the decision comes by mail.",
            {"text": _TEXT, "severity": _one_of("low", "medium", "high", "critical")},
            ("text",),
        ),
    )
}
