"""An ACP agent that does what none should: hostile_acp_agent.py HABIT. See the functions."""

import contextlib
import itertools
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

Told = dict[str, Any]
SESSION = "s-1"


def say(told: Any) -> None:
    raw(json.dumps(told).encode() + b"\n")


def raw(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def answer(asked: Told, result: Told) -> None:
    say({"jsonrpc": "2.0", "id": asked["id"], "result": result})


def update(told: Told, session: str = SESSION) -> None:
    params = {"sessionId": session, "update": told}
    say({"jsonrpc": "2.0", "method": "session/update", "params": params})


def text(words: str, session: str = SESSION) -> None:
    update({"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": words}}, session)


def listen() -> Iterator[Told]:
    for line in sys.stdin.buffer:
        yield json.loads(line)


def opened(asked: Told) -> None:
    """The usual answers before the first prompt."""
    if asked["method"] == "initialize":
        answer(asked, {"protocolVersion": 1, "agentCapabilities": {}})
    elif asked["method"] == "session/new":
        answer(asked, {"sessionId": SESSION})


def turns(prompted: Callable[[Told], None]) -> None:
    """Each prompt is done with by `prompted`; other things are answered as they should be."""
    for told in listen():
        if told.get("method") == "session/prompt":
            prompted(told)
        elif "method" in told and "id" in told:
            opened(told)


def silent() -> None:
    """Never answers anything."""
    time.sleep(600)


def mute() -> None:
    """Opens a conversation, and never says a word in it."""
    turns(lambda told: None)


def parting(reason: str = "cancelled") -> None:
    """Says of the turn that it was cancelled, when it is ended."""

    def prompted(told: Told) -> None:
        def part(*_: object) -> None:
            answer(told, {"stopReason": reason})
            os._exit(0)

        signal.signal(signal.SIGTERM, part)

    turns(prompted)


def parting_well() -> None:
    """Says of the turn that it is done, when it is ended."""
    parting("end_turn")


def halves() -> None:
    """Says every byte by itself, as it were."""

    def prompted(told: Told) -> None:
        line = json.dumps({"jsonrpc": "2.0", "id": told["id"], "result": {"stopReason": "end_turn"}}).encode()
        text("ünïcode")
        for place in range(0, len(line), 7):
            raw(line[place : place + 7])
            time.sleep(0.002)
        raw(b"\n")

    turns(prompted)


def garbage() -> None:
    """Says much that is no message."""

    def prompted(told: Told) -> None:
        for junk in (
            b"Loading...",
            b"\xff\xfe\x00",
            b"[1,2]",
            b"5",
            b'"x"',
            b"null",
            b"{",
            b"[" * 100_000,
            b'{"id":[1]}',
        ):
            raw(junk + b"\n")
        say({"jsonrpc": "2.0", "method": 5})
        say({"jsonrpc": "2.0", "method": "session/update"})
        say({"jsonrpc": "2.0", "method": "session/update", "params": [1]})
        say({"jsonrpc": "2.0", "method": "_unheard/of", "params": {}})
        for odd in ({}, {"sessionUpdate": 7}, {"sessionUpdate": "dance"}, {"sessionUpdate": "tool_call"}, 5, None):
            update(odd)
        text("well")
        answer(told, {"stopReason": "end_turn"})

    turns(prompted)


def long_line() -> None:
    """Says 50 MB in one line."""

    def prompted(told: Told) -> None:
        text("x" * 50_000_000)
        text("well")
        answer(told, {"stopReason": "end_turn"})

    turns(prompted)


def twice() -> None:
    """Answers everything twice, and then once more as an error."""
    for told in listen():
        if "id" not in told:
            continue
        result = {"protocolVersion": 1, "sessionId": SESSION, "stopReason": "end_turn"}
        for _ in range(2):
            answer(told, result)
        say({"jsonrpc": "2.0", "id": told["id"], "error": {"code": -1, "message": "no"}})


def wrong_session() -> None:
    """Speaks of a session that is not there."""

    def prompted(told: Told) -> None:
        text("not mine", session="s-2")
        tool = {"toolCallId": "t", "title": "rm"}
        allow = {"optionId": "a", "name": "Allow", "kind": "allow_once"}
        say(
            {
                "jsonrpc": "2.0",
                "id": 9,
                "method": "session/request_permission",
                "params": {"sessionId": "s-2", "toolCall": tool, "options": [allow]},
            }
        )
        said = next(listen())
        text(f"code {said['error']['code']}")
        answer(told, {"stopReason": "end_turn"})

    turns(prompted)


def wrong_ids() -> None:
    """Answers what nobody asked."""

    def prompted(told: Told) -> None:
        for number in (999, str(told["id"]), -1, None, 1.5, True, [told["id"]]):
            say({"jsonrpc": "2.0", "id": number, "result": {"stopReason": "refusal"}})
        text("well")
        answer(told, {"stopReason": "end_turn"})

    turns(prompted)


def wants_files() -> None:
    """Asks for what was not offered."""

    def prompted(told: Told) -> None:
        codes: list[str] = []
        for number, method in enumerate(("fs/read_text_file", "fs/write_text_file", "terminal/create", "x/y")):
            params = {"sessionId": SESSION, "path": "/etc/passwd", "content": "", "command": "sh"}
            say({"jsonrpc": "2.0", "id": number, "method": method, "params": params})
            codes.append(str(next(listen())["error"]["code"]))
        text(" ".join(codes))
        answer(told, {"stopReason": "end_turn"})

    turns(prompted)


def flood() -> None:
    """Says 40 MB, as fast as it can."""

    def prompted(told: Told) -> None:
        part = {"sessionUpdate": "agent_message_chunk", "content": {"type": "text", "text": "x" * 100_000}}
        line = json.dumps(
            {"jsonrpc": "2.0", "method": "session/update", "params": {"sessionId": SESSION, "update": part}}
        ).encode()
        for _ in range(400):
            raw(line + b"\n")
        answer(told, {"stopReason": "end_turn"})

    turns(prompted)


def exits() -> None:
    """Ends in mid-turn."""

    def prompted(told: Told) -> None:
        text("half a")
        sys.stderr.write("boom\n")
        sys.exit(3)

    turns(prompted)


def deaf() -> None:
    """Ends its turn for nobody, and does not end by SIGTERM either."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)

    def prompted(told: Told) -> None:
        update({"sessionUpdate": "tool_call", "toolCallId": "t", "title": "loop", "status": "in_progress"})

    turns(prompted)


def forks() -> None:
    """Leaves a process behind, in a session of its own, and ends."""

    def prompted(told: Told) -> None:
        if os.fork() == 0:
            os.setsid()
            os.closerange(0, 3)
            time.sleep(600)
        answer(told, {"stopReason": "end_turn"})
        sys.exit(0)

    turns(prompted)


def lies() -> None:
    """Ends its turn for a reason that nobody knows."""
    turns(lambda told: answer(told, {"stopReason": "victory"}))


def refuses() -> None:
    """Does not want to be prompted so often."""
    error = {"code": -32603, "message": "Internal error", "data": {"status": 429, "retryAfter": 7}}
    turns(lambda told: say({"jsonrpc": "2.0", "id": told["id"], "error": error}))


def locked() -> None:
    """Wants somebody to log in."""
    for told in listen():
        if told.get("method") == "initialize":
            opened(told)
        else:
            say({"jsonrpc": "2.0", "id": told["id"], "error": {"code": -32000, "message": "Authentication required"}})


def future() -> None:
    """Speaks another version."""
    for told in listen():
        answer(told, {"protocolVersion": 2})


def chatty() -> None:
    """Says a hundred lines a second."""

    def prompted(told: Told) -> None:
        for number in itertools.count():
            text(f"line {number} of what I think about the matter at hand, which is a long one\n")
            time.sleep(0.01)

    turns(prompted)


if __name__ == "__main__":
    with contextlib.suppress(BrokenPipeError):
        globals()[sys.argv[1]]()
