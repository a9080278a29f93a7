"""Is the hub wanted up or down? `gt hub up` and `gt hub down` write it before anything else; whoever starts it asks."""

from gastown import durable
from gastown.hub.place import HubConfig


def wanted(hub: HubConfig) -> str:
    """ "up" or "down"; "" when nobody has said yet, or the word was lost."""
    try:
        said = (hub.run / "wanted").read_text().strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""
    return said if said in ("up", "down") else ""


def want(hub: HubConfig, state: str) -> None:
    durable.write(hub.run / "wanted", state.encode())
