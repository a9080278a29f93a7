"""Claude Code, asked who it is by the first of its control requests. Measured with claude 2.1.197.

- It answers without asking its API for anything. Whether it is logged in is in `account`: where neither a token nor a
  key has a source, its API is asked in vain.
- That it answers shows its control requests work: by those a turn is cancelled, and permissions are asked for.
"""

from gastown.adapters.agents.probe import Answer, Seen
from gastown.adapters.agents.said import Said, spoken, understood

_ID = "gt-probe"


class ClaudeProbe:
    """See `probe.Probe`."""

    def opening(self) -> tuple[bytes, ...]:
        return (spoken({"type": "control_request", "request_id": _ID, "request": {"subtype": "initialize"}}),)

    def heard(self, line: bytes) -> Answer:
        said = understood(line)
        if said is None or said.text("response", "request_id") != _ID:
            return ()
        if said.text("response", "subtype") != "success":
            return Seen(refused=said.text("response", "error") or "it did not say why")
        return Seen(wants=_wants(said.at("response", "response", "account")), can=frozenset({"cancel", "permissions"}))


def _wants(account: Said) -> str:
    """Other providers than its own have logins of their own, which it does not tell of."""
    if account.text("apiProvider") != "firstParty":
        return ""
    sources = {account.text("tokenSource"), account.text("apiKeySource")} - {"", "none"}
    return "" if sources or account.text("email") else "a login"
