"""Codex's app-server, asked who it is, whether it is logged in, and to commit something. Measured with codex 0.169.0.

- No thread is opened: that alone makes it connect to its API.
- `account/read` says whether its model needs a login that it has not.
- `command/exec` runs a command as its model's tool would, without a model: outside its own sandbox, as sessions do (in
  it, `.git` cannot be written).
- A method that it does not know is an "unknown variant"; one that it knows complains of the thread, which is made up.
"""

from gastown.adapters.agents.port import Capability, Start
from gastown.adapters.agents.probe import COMMIT, Answer, Seen, version_in
from gastown.adapters.agents.said import Said, spoken, understood

_NOBODY = "00000000-0000-7000-8000-000000000000"
_TRIED: dict[str, tuple[Capability, dict[str, object]]] = {
    "turn/steer": ("steer", {"threadId": _NOBODY, "expectedTurnId": "none", "input": []}),
    "turn/interrupt": ("cancel", {"threadId": _NOBODY, "turnId": "none"}),
    "thread/resume": ("resume", {"threadId": _NOBODY}),
    "thread/fork": ("fork", {"threadId": _NOBODY}),
}


class CodexProbe:
    """See `probe.Probe`."""

    def __init__(self, start: Start) -> None:
        self._folder = str(start.worktree)
        self._asked = 0
        self._waiting: dict[int, str] = {}
        self._seen = Seen()

    def opening(self) -> tuple[bytes, ...]:
        about = {"name": "gastown", "title": "Gas Town", "version": "1"}
        return (self._ask("initialize", {"clientInfo": about, "capabilities": {"experimentalApi": True}}),)

    def heard(self, line: bytes) -> Answer:
        said = understood(line)
        purpose = "" if said is None or said.text("method") else self._waiting.pop(said.whole("id") or 0, "")
        if said is None or not purpose:
            return ()
        if purpose == "initialize":
            return self._initialized(said)
        self._note(purpose, said)
        return () if self._waiting else self._seen

    def _initialized(self, said: Said) -> Answer:
        if said.at("error"):
            return Seen(refused=said.text("error", "message") or "it did not say why")
        agent = said.text("result", "userAgent")
        self._seen = Seen(version=version_in(agent.partition("/")[2]))
        tool: dict[str, object] = {
            "command": ["sh", "-c", COMMIT],
            "cwd": self._folder,
            "sandboxPolicy": {"type": "dangerFullAccess"},
        }
        asked = [self._ask("account/read", {"refreshToken": False}), self._ask("command/exec", tool)]
        asked += [self._ask(method, params) for method, (_, params) in _TRIED.items()]
        return (spoken({"method": "initialized"}), *asked)

    def _note(self, purpose: str, said: Said) -> None:
        seen, unknown = self._seen, "unknown variant" in said.text("error", "message")
        wants, tool, can, cannot = seen.wants, seen.tool, set(seen.can), set(seen.cannot)
        if purpose == "account/read":
            missing = said.true("result", "requiresOpenaiAuth") and not said.at("result", "account")
            wants = "a login" if missing else wants
        elif purpose == "command/exec":
            tool = _came_of(said)
        else:
            (cannot if unknown else can).add(_TRIED[purpose][0])
        self._seen = Seen(version=seen.version, wants=wants, tool=tool, can=frozenset(can), cannot=frozenset(cannot))

    def _ask(self, method: str, params: dict[str, object]) -> bytes:
        self._asked += 1
        self._waiting[self._asked] = method
        return spoken({"id": self._asked, "method": method, "params": params})


def _came_of(said: Said) -> str | None:
    if said.at("error"):
        unknown = "unknown variant" in said.text("error", "message")
        return None if unknown else said.text("error", "message") or "it could not run it"
    if said.whole("result", "exitCode") == 0:
        return ""
    return said.text("result", "stderr").strip() or f"exit {said.whole('result', 'exitCode')}"
