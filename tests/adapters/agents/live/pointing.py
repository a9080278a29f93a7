"""How each vendor's program is told to ask the model API of the tests, to have a home of its own, and to keep quiet.

Each writes its files below the home that it is given, and returns what belongs into the environment. These are the
settings a user has for an account; what a session adds to them is the vendor's, in gastown.adapters.agents.vendors.
Measured with the versions in clis.toml.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from model_api.script import Tokens

MODELS = {
    "claude": "claude-sonnet-4-5",
    "codex": "gpt-5-codex",
    "gemini": "gemini-2.5-pro",
    "opencode": "fake/fake-model",
    "qwen": "fake-model",
    "copilot": "fake-model",
    "pi": "fake-model",
    "codex-acp": "gpt-5.5",
}
"""As the program is told. codex-acp takes only those that it knows."""

ARGUMENTS = {"pi": ("--provider", "fake")}
"""What it has to be told besides, each time."""

KEPT = {
    "claude": ".claude/projects/*/*.jsonl",
    "codex": ".codex/sessions/**/*.jsonl",
    "gemini": ".gemini/tmp/*/chats/*.jsonl",
    "opencode": ".local/share/opencode/opencode.db*",
    "qwen": ".qwen/projects/*/chats/*.jsonl",
    "copilot": ".copilot/session-state/*/events.jsonl",
    "pi": ".pi/agent/sessions/*/*.jsonl",
}
"""Where each keeps its conversations, below its home."""


class Prices(NamedTuple):
    """USD for a million tokens; claude has its own for the model that it is told, and they are the same."""

    input: float = 3
    output: float = 15
    cache_read: float = 0.3
    cache_write: float = 3.75

    def of(self, tokens: Tokens) -> float:
        cached = tokens.cache_read * self.cache_read + tokens.cache_write * self.cache_write
        return (tokens.fresh * self.input + cached + tokens.output * self.output) / 1e6


PRICES = Prices()


def environment(vendor: str, home: Path, url: str, key: str, path: str) -> dict[str, str]:
    """All that the program of this vendor needs, with everything it keeps below `home`."""
    home.mkdir(parents=True, exist_ok=True)
    basics = {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "TERM": "dumb", "NO_COLOR": "1"}
    git = {"GIT_CONFIG_NOSYSTEM": "1"}
    return basics | git | dict(POINTED[vendor](home, url, key))


def claude(home: Path, url: str, key: str) -> Mapping[str, str]:
    return {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": key,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
        "IS_SANDBOX": "1",  # it minds being root
    }


def codex(home: Path, url: str, key: str) -> Mapping[str, str]:
    settings = f"""
model_provider = "fake"
check_for_update_on_startup = false
[analytics]
enabled = false
[model_providers.fake]
name = "fake"
base_url = "{url}/v1"
wire_api = "responses"
env_key = "FAKE_API_KEY"
"""
    _write(home / ".codex" / "config.toml", settings)
    return {"CODEX_HOME": str(home / ".codex"), "FAKE_API_KEY": key}


def gemini(home: Path, url: str, key: str) -> Mapping[str, str]:
    settings = _quiet("gemini-api-key")
    settings["general"]["maxAttempts"] = 3  # of itself it tries for minutes, and says nothing of it
    _write_json(home / ".gemini" / "settings.json", settings)
    return {"GOOGLE_GEMINI_BASE_URL": url, "GEMINI_API_KEY": key}


def qwen(home: Path, url: str, key: str) -> Mapping[str, str]:
    _write_json(home / ".qwen" / "settings.json", _quiet("openai"))
    return {"OPENAI_BASE_URL": f"{url}/v1", "OPENAI_API_KEY": key, "OPENAI_MODEL": MODELS["qwen"]}


def opencode(home: Path, url: str, key: str) -> Mapping[str, str]:
    model = {"name": "fake", "limit": {"context": 200_000, "output": 8192}, "tool_call": True, "cost": PRICES._asdict()}
    provider = {"npm": "@ai-sdk/openai-compatible", "options": {"baseURL": f"{url}/v1", "apiKey": key}}
    settings = {
        "autoupdate": False,
        "share": "disabled",
        "enabled_providers": ["fake"],
        "provider": {"fake": provider | {"name": "fake", "models": {"fake-model": model}}},
        "model": MODELS["opencode"],
    }
    _write_json(home / ".config" / "opencode" / "opencode.json", settings)
    quiet = ("MODELS_FETCH", "AUTOUPDATE", "LSP_DOWNLOAD")
    return {f"OPENCODE_DISABLE_{one}": "1" for one in quiet}


def copilot(home: Path, url: str, key: str) -> Mapping[str, str]:
    return {
        "COPILOT_PROVIDER_BASE_URL": f"{url}/v1",
        "COPILOT_PROVIDER_TYPE": "openai",
        "COPILOT_PROVIDER_API_KEY": key,
        "COPILOT_MODEL": MODELS["copilot"],
        "COPILOT_OFFLINE": "true",
        "COPILOT_AUTO_UPDATE": "false",
    }


def pi(home: Path, url: str, key: str) -> Mapping[str, str]:
    model = {"id": "fake-model", "contextWindow": 200_000, "maxTokens": 8192, "input": ["text"], "reasoning": False}
    costs = dict(zip(("input", "output", "cacheRead", "cacheWrite"), PRICES, strict=True))
    provider = {"baseUrl": f"{url}/v1", "apiKey": key, "api": "openai-completions"}
    models = {"providers": {"fake": provider | {"models": [model | {"name": "fake", "cost": costs}]}}}
    _write_json(home / ".pi" / "agent" / "models.json", models)
    return {"PI_OFFLINE": "1", "PI_TELEMETRY": "0"}


POINTED: Mapping[str, Callable[[Path, str, str], Mapping[str, str]]] = {
    "claude": claude,
    "codex": codex,
    "gemini": gemini,
    "opencode": opencode,
    "qwen": qwen,
    "copilot": copilot,
    "pi": pi,
}


def _quiet(login: str) -> dict[str, Any]:
    return {
        "security": {"auth": {"selectedType": login}},
        "privacy": {"usageStatisticsEnabled": False},
        "general": {"enableAutoUpdate": False, "disableAutoUpdate": True},
    }


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def _write_json(file: Path, value: object) -> None:
    _write(file, json.dumps(value, indent=1))
