"""What Claude Code is said, as lines."""

from gastown.adapters.agents.port import Message
from gastown.adapters.agents.said import spoken


def user(message: Message) -> bytes:
    """Without an id of ours: of a line whose id it has seen before, be it in an earlier process, it says that it has
    taken it, and nothing follows (measured)."""
    content = [{"type": "text", "text": message.text}]
    return spoken({"type": "user", "message": {"role": "user", "content": content}})


def response(ask: str, answer: object) -> bytes:
    said = {"subtype": "success", "request_id": ask, "response": answer}
    return spoken({"type": "control_response", "response": said})
