"""How a conversation with an ACP agent is opened: one question after the other, until it is or cannot be. Pure."""

from collections.abc import Callable
from typing import Any, TypeAlias, cast

import msgspec
from acp.meta import AGENT_METHODS
from acp.schema import (
    AuthenticateRequest,
    InitializeResponse,
    LoadSessionResponse,
    NewSessionResponse,
    SessionConfigOptionSelect,
    SessionConfigSelectGroup,
    SetSessionConfigOptionResponse,
)

from gastown.adapters.agents import acp_wire as wire
from gastown.adapters.agents.acp_failures import AUTH_REQUIRED, told_failure
from gastown.adapters.agents.acp_program import AcpProgram
from gastown.adapters.agents.port import Start
from gastown.adapters.agents.told import ConversationOpened
from gastown.events.turn import Failure

HINT = ": log in with the vendor's own program, or pass its key by --env"
"""What follows the words of an agent that wants a login."""

Question: TypeAlias = tuple[str, Any]


class Opened(msgspec.Struct, frozen=True):
    """goes_on: it is the one that was to be gone on with; otherwise a new one."""

    told: ConversationOpened
    goes_on: bool


class Opening:
    """initialize, then session/load where there is something to load; when that fails, or at first: session/new.

    gemini 0.61 does not find a conversation that it began in the same minute (measured): so a failed load is no error.
    What a program that finds any tells nothing of is none.
    """

    def __init__(self, program: AcpProgram, start: Start) -> None:
        self._program = program
        self._start = start
        self._then: Callable[[wire.Said], Question | Opened | Failure] = self._initialized
        self._version = ""
        self._logged_in = False
        self._replayed = False
        self._opened: Opened | None = None

    def begin(self) -> Question:
        return AGENT_METHODS["initialize"], wire.initialize()

    def replayed(self) -> None:
        """Something of a conversation was told before it is open."""
        self._replayed = True

    def answer(self, said: wire.Said) -> Question | Opened | Failure:
        return self._then(said)

    def _initialized(self, said: wire.Said) -> Question | Failure:
        response = wire.understood(said.result, InitializeResponse) if said.error is None else None
        if response is None:
            return _failure(said)
        if response.protocol_version != wire.VERSION:
            return Failure(kind="crash", message=f"it speaks version {response.protocol_version} of ACP, not 1")
        self._version = response.agent_info.version if response.agent_info else ""
        capabilities = response.agent_capabilities
        if self._start.resume and capabilities is not None and capabilities.load_session:
            self._then = self._loaded
            return AGENT_METHODS["session_load"], wire.load_session(self._start, self._instructions())
        return self._begin_new()

    def _begin_new(self) -> Question:
        self._then = self._begun
        return AGENT_METHODS["session_new"], wire.new_session(self._start, self._instructions())

    def _instructions(self) -> str:
        """Those that go into the question for a conversation."""
        elsewhere = self._program.instructing or self._program.instructing_setting
        return "" if elsewhere else self._start.instructions

    def _loaded(self, said: wire.Said) -> Question | Opened | Failure:
        if said.error is not None:
            return self._begin_new()
        response = wire.understood({} if said.result is None else said.result, LoadSessionResponse)
        if response is None or (self._program.finds_any and not self._replayed):
            return self._begin_new()
        return self._chosen(self._start.resume, said.result, response.config_options, goes_on=True)

    def _begun(self, said: wire.Said) -> Question | Opened | Failure:
        response = wire.understood(said.result, NewSessionResponse) if said.error is None else None
        if response is None:
            return self._log_in(said) or _failure(said)
        if not response.session_id:
            return Failure(kind="crash", message="its conversation has no name")
        return self._chosen(response.session_id, said.result, response.config_options, goes_on=False)

    def _log_in(self, said: wire.Said) -> Question | None:
        """With what the session's environment holds, once, when it asks for it."""
        if told_failure(said.error).kind != "auth" or self._logged_in:
            return None
        method = next((method for name, method in self._program.logins if name in self._start.environment), None)
        if method is None:
            return None
        self._logged_in, self._then = True, self._after_log_in
        return AGENT_METHODS["authenticate"], AuthenticateRequest(method_id=method)

    def _after_log_in(self, said: wire.Said) -> Question | Failure:
        return self._begin_new() if said.error is None else _failure(said)

    def _chosen(self, conversation: str, result: Any, options: Any, *, goes_on: bool) -> Question | Opened | Failure:
        """The model is chosen by the protocol, unless the program takes it where it is started."""
        option = _model_option(options)
        model = option.current_value if option else _model_in(result)
        told = ConversationOpened(id=conversation, model=model, version=self._version)
        self._opened = Opened(told, goes_on)
        wanted = self._start.agent.model
        if not wanted or wanted == model or self._program.model_arguments or self._program.model_variable:
            return self._opened
        if option is None or wanted not in (offered := _offered(option)):
            names = ", ".join(_offered(option)) if option else "it does not say which there are"
            return Failure(kind="input", message=f"there is no model {wanted}: {names}"[:1000])
        self._then = self._model_set
        self._opened = Opened(msgspec.structs.replace(told, model=wanted), goes_on)
        return AGENT_METHODS["session_set_config_option"], wire.choice(conversation, option.id, offered[wanted])

    def _model_set(self, said: wire.Said) -> Opened | Failure:
        understood = wire.understood(said.result, SetSessionConfigOptionResponse) if said.error is None else None
        return _failure(said) if understood is None or self._opened is None else self._opened


def _failure(said: wire.Said) -> Failure:
    if said.error is None:
        return Failure(kind="crash", message="what it answered is not of the protocol")
    failure = told_failure(said.error)
    asked = wire.fields(said.error).get("code") == AUTH_REQUIRED
    return msgspec.structs.replace(failure, message=failure.message + (HINT if asked else ""))


def _model_option(options: Any) -> SessionConfigOptionSelect | None:
    offered = cast("list[Any]", options or [])
    selects = (option for option in offered if isinstance(option, SessionConfigOptionSelect))
    return next((option for option in selects if option.category == "model" or option.id == "model"), None)


def _offered(option: SessionConfigOptionSelect) -> dict[str, str]:
    """Values, by themselves and by the names people know them by."""
    found: dict[str, str] = {}
    for one in option.options:
        values = one.options if isinstance(one, SessionConfigSelectGroup) else [one]
        for value in values:
            found.setdefault(value.name, value.value)
            found[value.value] = value.value
    return found


def _model_in(result: Any) -> str:
    """gemini and qwen tell it as `models.currentModelId`, which is no part of the schema any more."""
    model = wire.fields(wire.fields(result).get("models")).get("currentModelId")
    return model if isinstance(model, str) else ""
