"""What differs between the programs that speak ACP, as data. The measurements: `vendors/acp.py`."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Literal, TypeAlias

import msgspec

from gastown.adapters.agents.port import Capability

UsageTold: TypeAlias = Literal[
    "turn",  # the answer to a prompt holds that turn's tokens
    "total",  # ... those of all turns of this process
    "last_call",  # ... those of the last call of the model only, which are not the turn's
    "quota",  # ... the turn's, in the answer's `_meta.quota`
    "each_call",  # each call's tokens come in the `_meta` of a piece of text
    "never",
]


HOME: Mapping[str, str] = MappingProxyType({"HOME": ""})
"""Where every program looks that has no variable of its own."""


class AcpProgram(msgspec.Struct, frozen=True, kw_only=True):
    """A program that speaks ACP on standard input and output.

    program, arguments: what is run. asking, asking_environment, asking_settings: besides, when it is to ask before it
    uses a tool. environment: over the session's. tool_environment: what its tools see instead.
    model_arguments: before the model's name; model_variable: holds it; with neither, it is chosen by the protocol.
    settings: in a file of the session's, which the variable `settings_file` names; or in the variable `settings_inline`
    itself, below what the session's environment has there.
    How it takes instructions, if it `can`: as an argument behind `instructing`; in a file of the session's that the
    setting `instructing_setting` lists; else in the `_meta.systemPrompt.append` of the question for a conversation.
    logins: (variable, method): with this variable set, the agent can be logged in by this method.
    replay_ends: the update with which it has told all of a conversation that it goes on with; "": its answer has.
    finds_any: it says of any conversation that it goes on with it; of one that it has not, it tells nothing before.
    compacted: a piece of text, all of it, by which it says that it has compacted its context.
    complaint: a pattern of what its text begins with when its API failed, although the turn "ended".
    hoped: of what it `can`, what is used where it says that it can, and not missed where it says that it cannot.
    homes: variables that say where its settings and its login are, and where below an account's folder each points.
    source: where all this was learnt, with the version; measured: seen with the real program.
    """

    vendor: str
    program: str
    can: frozenset[Capability]
    source: str
    hoped: frozenset[Capability] = frozenset()
    measured: bool = False
    arguments: tuple[str, ...] = ()
    asking: tuple[str, ...] = ()
    environment: Mapping[str, str] = {}
    tool_environment: Mapping[str, str] = {}
    asking_environment: Mapping[str, str] = {}
    model_arguments: tuple[str, ...] = ()
    model_variable: str = ""
    settings: Mapping[str, Any] = {}
    asking_settings: Mapping[str, Any] = {}
    settings_file: str = ""
    settings_inline: str = ""
    instructing: str = ""
    instructing_setting: str = ""
    logins: tuple[tuple[str, str], ...] = ()
    usage: UsageTold = "turn"
    replay_ends: str = ""
    finds_any: bool = False
    compacted: str = ""
    complaint: str = ""
    homes: Mapping[str, str] = HOME
