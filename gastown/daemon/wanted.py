"""Is the town wanted up or down? The log's last word, copied to where it can be read without the log.

`gt up` and `gt down` write it before they do anything else; everything that starts or restarts a process asks it.
"""

from gastown import durable
from gastown.config import TownConfig


def wanted(town: TownConfig) -> str:
    """ "up" or "down"; "" when the copy is lost, or nobody has said yet."""
    try:
        said = (town.run / "wanted").read_text().strip()
    except (FileNotFoundError, UnicodeDecodeError):
        return ""
    return said if said in ("up", "down") else ""


def want(town: TownConfig, state: str) -> None:
    durable.write(town.run / "wanted", state.encode())
