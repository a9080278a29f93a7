"""Permissions that an ACP agent asks for: what we say, chosen by the kind of the options, never by their ids. Pure."""

from typing import Any, cast

import msgspec
from acp.schema import (
    AllowedOutcome,
    DeniedOutcome,
    PermissionOption,
    RequestPermissionRequest,
    RequestPermissionResponse,
)

from gastown.adapters.agents import acp_wire as wire
from gastown.adapters.agents.told import PermissionAsked, ToolBegan

DETAIL_LIMIT = 20_000
VALUE_LIMIT = 1000
CUT = "cut"
"""The name of what says that there was more."""
_ALLOW = ("allow_once", "allow_always")
_REFUSE = ("reject_once", "reject_always")


class Permissions:
    """Those that are waited for."""

    def __init__(self) -> None:
        self._asked: dict[str, tuple[wire.RequestId, RequestPermissionRequest, str]] = {}

    def asked(self, number: wire.RequestId, asked: RequestPermissionRequest, tool: ToolBegan) -> PermissionAsked:
        """For this tool. To be answered by `answer` with the id of this."""
        ask = str(number)
        self._asked[ask] = (number, asked, tool.tool)
        return PermissionAsked(id=ask, tool=tool.tool, title=tool.title, detail=_detail(asked))

    def answer(self, ask: str, *, allow: bool) -> tuple[bytes, str] | None:
        """The line that says it, and the tool that is not let to be used, or ""; None: it is not waited for."""
        if ask not in self._asked:
            return None
        number, asked, tool = self._asked.pop(ask)
        line, granted = answered(number, asked, allow=allow)
        return line, "" if granted else tool

    def withdraw(self) -> tuple[bytes, ...]:
        """The turn is ended: nobody answers any more."""
        lines = tuple(wire.result(number, _outcome(None)) for number, *_ in self._asked.values())
        self._asked.clear()
        return lines


def answered(number: wire.RequestId, asked: RequestPermissionRequest, *, allow: bool) -> tuple[bytes, bool]:
    """The line that says it, and whether it is given: an agent that offers no way to allow cannot be allowed.

    Once rather than always: rules are kept by the town, not by the vendor. With no such option: "cancelled".
    """
    kinds = _ALLOW if allow else _REFUSE
    chosen = next((option for kind in kinds for option in asked.options if option.kind == kind), None)
    return wire.result(number, _outcome(chosen)), allow and chosen is not None


def cancelled(number: wire.RequestId) -> bytes:
    return wire.result(number, _outcome(None))


def _outcome(option: PermissionOption | None) -> RequestPermissionResponse:
    if option is None:
        return RequestPermissionResponse(outcome=DeniedOutcome(outcome="cancelled"))
    return RequestPermissionResponse(outcome=AllowedOutcome(outcome="selected", option_id=option.option_id))


def _detail(asked: RequestPermissionRequest) -> str:
    given = asked.tool_call.raw_input
    if given is None:
        return ""
    told = msgspec.json.encode(given).decode()
    return told if len(told) <= DETAIL_LIMIT else msgspec.json.encode(_shortened(given)).decode()


def _shortened(given: Any) -> Any:
    """Still JSON, with long words cut, which is said; what is not a flat object says only how it begins."""
    if not isinstance(given, dict):
        return str(given)[:VALUE_LIMIT]
    fields = cast("dict[str, Any]", given)
    shortened = {
        name: value if isinstance(value, int | float | bool) else str(value)[:VALUE_LIMIT]
        for name, value in list(fields.items())[: DETAIL_LIMIT // VALUE_LIMIT]
    }
    return {**shortened, CUT: True}
