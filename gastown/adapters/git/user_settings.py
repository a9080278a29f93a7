"""What is taken over from the user's own git configuration, once, when a rig is added.

It goes into the log, which is kept for ever: so what carries a password or a token is left out, and that is said.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import msgspec

from gastown.adapters.git.environment import users_environment
from gastown.adapters.git.program import Call, GitProgram

_TRANSPORT = re.compile(
    r"credential\..+|https?\..+|url\..+\.(insteadof|pushinsteadof)|ssh\.variant|core\.gitproxy|safe\.directory"
    r"|protocol\.(.+\.)?(allow|version)"
)
_REMOTE = re.compile(r"remote\.origin\.(proxy|proxyauthmethod|pushurl|uploadpack|receivepack)")
_HEADER = re.compile(r"https?\.(.+\.)?extraheader")
_SECRET = re.compile(r"[a-z+]+://[^/@\s]*:[^/@\s]+@|https?://[^/@\s]{30,}@", re.IGNORECASE)


class UserSettings(msgspec.Struct, frozen=True, kw_only=True):
    """transport: (key, value) in git's order. left_out: keys of what was not taken, because it holds a secret."""

    transport: tuple[tuple[str, str], ...]
    ssh_command: str
    identity: tuple[str, str]
    left_out: tuple[str, ...]
    remote: str


async def read_user_settings(program: GitProgram, folder: Path, outer: Mapping[str, str]) -> UserSettings:
    """The settings that apply in `folder`: the system's, the user's, and the repository's if there is one."""
    call = Call(
        arguments=("config", "--list", "-z"),
        environment=users_environment(outer),
        folder=folder,
        step="reading your git configuration",
        exact=True,
    )
    listed = await program.run(call)
    pairs = [(key, value) for key, _, value in (entry.partition("\n") for entry in listed.fields if entry)]
    last = dict(pairs)
    wanted = [pair for pair in pairs if _TRANSPORT.fullmatch(pair[0]) or _REMOTE.fullmatch(pair[0])]
    return UserSettings(
        transport=tuple(pair for pair in wanted if not _holds_secret(*pair)),
        ssh_command=outer.get("GIT_SSH_COMMAND") or last.get("core.sshcommand", ""),
        identity=(last.get("user.name", ""), last.get("user.email", "")),
        left_out=tuple(dict.fromkeys(without_userinfo(key) for key, value in wanted if _holds_secret(key, value))),
        remote=last.get("remote.origin.url", ""),
    )


def holds_password(location: str) -> bool:
    """Whether a URL carries a password, or a token in the place of the user's name."""
    return _SECRET.search(location) is not None


def without_userinfo(text: str) -> str:
    return re.sub(r"://[^/@\s]+@", "://", text)


def _holds_secret(key: str, value: str) -> bool:
    return _HEADER.fullmatch(key) is not None or holds_password(key) or holds_password(value)
