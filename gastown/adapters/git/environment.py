"""What git is started with: nothing of the user's own configuration or GIT_* variables, no prompt, no editor.

What talks to the origin gets the configuration that the rig recorded for it; work on this machine gets none.
"""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

NEUTRAL = (
    "core.hooksPath=/dev/null",
    "core.fsmonitor=false",
    "gc.auto=0",
    "maintenance.auto=false",
    "core.excludesFile=/dev/null",
    "core.attributesFile=/dev/null",
)
"""Said on every command line, so that no repository can say otherwise."""

_FIXED: dict[str, str] = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "",
    "SSH_ASKPASS": "",
    "GIT_EDITOR": ":",
    "GIT_SEQUENCE_EDITOR": ":",
    "GIT_PAGER": "cat",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "LC_ALL": "C",
    "LANGUAGE": "C",
}

_DROPPED = ("GIT_", "GT_", "GASTOWN_", "LC_")
_DROPPED_NAMES = frozenset({"EDITOR", "VISUAL", "PAGER", "LANG", "LANGUAGE", "SSH_ASKPASS"})

_STALL = (("http.lowSpeedLimit", "1"), ("http.lowSpeedTime", "300"))
"""An http transfer that moves nothing for five minutes is over."""

_SSH_OPTIONS = "-oBatchMode=yes -oConnectTimeout=30 -oServerAliveInterval=15 -oServerAliveCountMax=8"


NOBODY = ("Gas Town", "gastown@localhost")
"""Who commits where a rig was given no identity."""


class Transport(msgspec.Struct, frozen=True, kw_only=True):
    """How the origin is reached: git configuration as (key, value), and the program instead of `ssh`, or ""."""

    settings: tuple[tuple[str, str], ...] = ()
    ssh_command: str = ""
    configuration: Path | None = None  # a file of settings that git takes from no other place (safe.directory)


def identity_environment(identity: tuple[str, str]) -> dict[str, str]:
    """Who commits: name and e-mail."""
    name, email = identity
    return {
        "GIT_AUTHOR_NAME": name,
        "GIT_AUTHOR_EMAIL": email,
        "GIT_COMMITTER_NAME": name,
        "GIT_COMMITTER_EMAIL": email,
    }


def local_environment() -> dict[str, str]:
    """For work on this machine."""
    return dict(_FIXED)


def transport_environment(outer: Mapping[str, str], transport: Transport) -> dict[str, str]:
    """For fetch and push."""
    kept = {name: value for name, value in outer.items() if not _is_dropped(name)}
    environment = kept | _FIXED | _settings((*_STALL, *transport.settings))
    environment["GIT_SSH_COMMAND"] = ssh_command(transport.ssh_command)
    if transport.configuration is not None:
        environment["GIT_CONFIG_GLOBAL"] = str(transport.configuration)
    return environment


def users_environment(outer: Mapping[str, str]) -> dict[str, str]:
    """For the one look at the user's own configuration: their HOME and their global files."""
    kept = {name: value for name, value in outer.items() if not _is_dropped(name)}
    own = {name: outer[name] for name in ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM") if name in outer}
    fixed = {name: value for name, value in _FIXED.items() if not name.startswith("GIT_CONFIG_")}
    return kept | fixed | own


def ssh_command(command: str) -> str:
    """`command`, or plain ssh, told never to ask and not to hang. Other programs than ssh are left as they are."""
    program = command.split(maxsplit=1)[0] if command.strip() else "ssh"
    return f"{command or 'ssh'} {_SSH_OPTIONS}" if os.path.basename(program) == "ssh" else command


def _settings(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    environment = {"GIT_CONFIG_COUNT": str(len(pairs))}
    for number, (key, value) in enumerate(pairs):
        environment[f"GIT_CONFIG_KEY_{number}"] = key
        environment[f"GIT_CONFIG_VALUE_{number}"] = value
    return environment


def _is_dropped(name: str) -> bool:
    return name.startswith(_DROPPED) or name in _DROPPED_NAMES
