"""Kills the town's own processes at a chosen point; lies on the PYTHONPATH of the daemon's children.

A point is a call of a port: appending to the log, handing an errand over, running git, writing a file ... It is named
by what it does, and reached before, during (git is running) and after. The file `armed` in the folder CRASH_POINTS says
what is wanted: "record ..." has every point written down in `seen`, "kill NAME WHEN NTH ..." ends the process that
reaches it first, once. The rest of the line makes each arming another one, from which the calls are counted.
"""

import functools
import os
import re
import signal
import sys
from collections import Counter

_PROCESS = next((one for one in ("town", "host") if f"gastown.{one}" in sys.orig_argv), "")
_FOLDER = os.environ.get("CRASH_POINTS", "")


class _Arms:
    def __init__(self):
        self.line, self.reached = "", Counter()

    def reach(self, name, when):
        try:
            with open(f"{_FOLDER}/armed") as file:
                line = file.read()
        except FileNotFoundError:
            return
        if line != self.line:
            self.line, self.reached = line, Counter()
        point = f"{_PROCESS} {name}\t{when}"
        self.reached[point] += 1
        what, _, _ = line.partition("\n")
        if what == "record":
            with open(f"{_FOLDER}/seen", "a") as file:
                file.write(f"{point}\t{self.reached[point]}\n")
        elif what == f"{point}\t{self.reached[point]}":
            os.rename(f"{_FOLDER}/armed", f"{_FOLDER}/fired")
            os.kill(os.getpid(), signal.SIGKILL)


_arms = _Arms()


def _around(owner, attribute, name):
    """Have both sides of a call be points; name: of its arguments, "" for a call that is none."""
    inner = getattr(owner, attribute)

    @functools.wraps(inner)
    def call(*given, **named):
        point = name(*given, **named)
        if point:
            _arms.reach(point, "before")
        result = inner(*given, **named)
        if point:
            _arms.reach(point, "after")
        return result

    @functools.wraps(inner)
    async def call_async(*given, **named):
        point = name(*given, **named)
        if point:
            _arms.reach(point, "before")
        result = await inner(*given, **named)
        if point:
            _arms.reach(point, "after")
        return result

    setattr(owner, attribute, call_async if inner.__code__.co_flags & 0x80 else call)


def _plain(text):
    """Without what differs from run to run: ids, numbers, paths."""
    return " ".join(word for word in text.split() if not re.search(r"[0-9/]", word))


def _in_town():
    from gastown.actors.commands.codec import decode_order, tag_of
    from gastown.actors.kernel.reception import Reception
    from gastown.actors.kernel.remote_host import RemoteHost
    from gastown.bus.jetstream_event_log import JetStreamEventLog
    from gastown.projections.kernel.store import Store

    def facts(_, batch):
        tags = [envelope.data.__struct_config__.tag for member in batch for envelope in member.envelopes]
        return "" if "host.arrived" in tags or "town.wanted" in tags else f"append {'+'.join(dict.fromkeys(tags))}"

    _around(JetStreamEventLog, "append", facts)
    _around(RemoteHost, "_accepted", lambda _, __, errand: f"hand over {type(errand.effect).__name__}")
    _around(Reception, "_take", lambda _, __, report: f"take in {tag_of(decode_order(bytes(report.order)).command)}")
    _around(Store, "write", lambda *_: "write the views")


def _in_host():
    from gastown import durable
    from gastown.actors.commands.codec import tag_of
    from gastown.adapters.agents.shell import ShellAgent
    from gastown.adapters.effects.reception import Reception
    from gastown.adapters.files.disk import DiskFiles
    from gastown.adapters.gates.shell import ShellChecks
    from gastown.adapters.git import program, repositories, sandboxes
    from gastown.adapters.git.interrupted_push import InterruptedPush
    from gastown.adapters.outbox import Outbox

    def git(call):
        return f"git {program._name(call.arguments)}: {_plain(call.step)}"

    def started(running, *_):
        _arms.reach(git(running._call), "during")
        return ""

    def file(path):
        kind = {"outbox": "report", "sandboxes": "sandbox record"}.get(path.parent.name, path.name)
        return f"file {kind}"

    _around(Reception, "_take", lambda _, errand: f"take {type(errand.effect).__name__}")
    _around(program.GitProgram, "run", lambda _, call: git(call))
    _around(program._Running, "_talk", started)
    _around(durable, "write", lambda path, *_, **__: file(path))
    _around(DiskFiles, "write", lambda _, path, __: file(path))
    _around(DiskFiles, "remove", lambda _, path: f"remove {file(path)}")
    _around(sandboxes, "connect", lambda *_: "connect the worktree")
    _around(repositories, "_remove_tree", lambda path: f"remove folder in {path.parent.name}")
    _around(ShellAgent, "start", lambda *_: "start the agent")
    _around(ShellChecks, "run", lambda *_: "gate")
    _around(InterruptedPush, "end", lambda _: "end the push intent")
    _around(Outbox, "_send", lambda _, order: f"report {tag_of(order.command)}")


if _FOLDER and _PROCESS:
    {"town": _in_town, "host": _in_host}[_PROCESS]()
