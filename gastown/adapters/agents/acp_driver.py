"""The vendors that speak ACP: how each is called. What is said is `acp_dialogue.py`, which is imported when needed:
it takes 0.9 s and 20 MB (the package's models), and a host without such a session is to have neither.
"""

import gc
import importlib
import shlex
import sys
from pathlib import Path
from typing import Any, cast

import anyio.to_thread
import msgspec

from gastown.adapters.agents.acp_program import AcpProgram
from gastown.adapters.agents.dialogue import Call, Dialogue
from gastown.adapters.agents.driven import PATIENCE
from gastown.adapters.agents.port import Capability, Message, Start
from gastown.adapters.agents.probe import Probe
from gastown.adapters.agents.stream_driver import StreamAgent, StreamSession
from gastown.adapters.agents.talks import Talks

SETTINGS, INSTRUCTIONS = Path("settings.json"), Path("instructions.md")
_DIALOGUE = "gastown.adapters.agents.acp_dialogue"


class AcpAgent(StreamAgent):
    """One program that speaks ACP."""

    def __init__(self, program: AcpProgram, talks: Talks, *, patience: float = PATIENCE) -> None:
        """patience: seconds for a message to be taken."""
        super().__init__(AcpVendor(program), talks, patience=patience)

    async def start(self, start: Start) -> StreamSession:
        """Raises StartFailedError, CannotError, OSError."""
        if _DIALOGUE not in sys.modules:
            await anyio.to_thread.run_sync(importlib.import_module, _DIALOGUE)  # other sessions go on meanwhile
            gc.freeze()  # it stays: to look through it for garbage stopped all sessions for 0.2 s at a time (measured)
        return await super().start(start)


class AcpVendor:
    """One of them, for the driver of streams."""

    def __init__(self, program: AcpProgram) -> None:
        self.program = program
        self.vendor = program.vendor
        self.can: frozenset[Capability] = program.can

    def call(self, start: Start) -> Call:
        """A command of the agent's own is the program instead; of `acp:CMD`, CMD may have arguments."""
        program, agent = self.program, start.agent
        model = (*program.model_arguments, agent.model) if agent.model and program.model_arguments else ()
        return Call(
            argv=(
                *((agent.command,) if agent.command else shlex.split(program.program)),
                *(program.asking if start.asks else ()),
                *model,
                *((program.instructing, start.instructions) if program.instructing and start.instructions else ()),
                *program.arguments,
                *agent.arguments,
            ),
            environment=self._environment(start),
            files=self._files(start),
        )

    def dialogue(self, start: Start, first: Message) -> Dialogue:
        from gastown.adapters.agents.acp_dialogue import AcpDialogue

        return AcpDialogue(self.program, start, first)

    def probe(self, start: Start) -> Probe:
        from gastown.adapters.agents.acp_probe import AcpProbe

        return AcpProbe(self.program, start)

    def _environment(self, start: Start) -> dict[str, str]:
        program = self.program
        named = {program.model_variable: start.agent.model} if program.model_variable and start.agent.model else {}
        environment = {**program.environment, **named, **self._settings_variable(start)}
        return {**environment, **program.asking_environment} if start.asks else environment

    def _settings_variable(self, start: Start) -> dict[str, str]:
        program = self.program
        if program.settings_file:
            return {program.settings_file: str(start.logs / SETTINGS)}
        if not program.settings_inline:
            return {}
        given = _object(start.environment.get(program.settings_inline, ""))
        settings = {**program.settings, **given, **(program.asking_settings if start.asks else {})}
        settings |= self._instructing(start, given)
        return {program.settings_inline: msgspec.json.encode(settings).decode()}

    def _instructing(self, start: Start, given: dict[str, Any]) -> dict[str, Any]:
        """What the user lists there stays."""
        name = self.program.instructing_setting
        if not name or not start.instructions:
            return {}
        before = given.get(name)
        listed = cast("list[Any]", before) if isinstance(before, list) else []
        return {name: [*listed, str(start.logs / INSTRUCTIONS)]}

    def _files(self, start: Start) -> dict[Path, str]:
        files: dict[Path, str] = {}
        if self.program.settings_file:
            files[SETTINGS] = msgspec.json.encode(self.program.settings).decode()
        if self.program.instructing_setting and start.instructions:
            files[INSTRUCTIONS] = start.instructions
        return files


def _object(text: str) -> dict[str, Any]:
    try:
        told = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return {}
    return cast("dict[str, Any]", told) if isinstance(told, dict) else {}
