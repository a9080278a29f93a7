"""A worker without a model. It reads its prompt, asks `gt` what else it must know, does what the bead says, commits.

A program of its own, which the town starts like any agent: all it knows is its prompt, its environment and what `gt`
answers. What it is to do stands in the bead, as steps under headings that say which attempt they are for.
"""

import json
import os
import re
import signal
import subprocess  # noqa: TID251  not a part of the town: a program that the town starts
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias

Step: TypeAlias = tuple[str, ...]
"""A key of STEPS, and what it is about."""

STEPS = {
    "write": re.compile(r"- Write `(.+)`:"),  # the content follows, fenced
    "put": re.compile(r"- Put `(.+)` before `(.+)` in `(.+)`\."),
    "mend": re.compile(r"- Mend `(.+)` as the gate's output says\."),
    "commit": re.compile(r"- Commit `(.+)`\."),
    "wait": re.compile(r"- Wait until `(.+)` is being worked on\."),
    "close": re.compile(r"- Close the bead: (.+)"),
    "die": re.compile(r"- Be killed\."),
}
ALWAYS = "First time"
"""The heading of what is done unless there is one for this very attempt."""

_OUTCOME = re.compile(r"^### Attempt \d+, \S+: (\w+)$", re.MULTILINE)
_WRONG_VALUE = re.compile(r"AssertionError: (\S+) != (\S+)")
_REFUSED = 3
_PATIENCE = 60.0  # seconds
_STARTED = ("running", "submitted", "landed")


class StuckError(Exception):
    """The bead cannot be done like this."""


def sections(text: str) -> dict[str, list[Step]]:
    """The steps under each heading. Raises StuckError for one that nobody can follow."""
    found: dict[str, list[Step]] = {}
    here = found.setdefault("", [])
    lines = iter(text.splitlines())
    for line in lines:
        if line.startswith("## "):
            here = found.setdefault(line[3:], [])
        elif line.startswith("- "):
            here.append(_step(line, lines))
    return found


def _step(line: str, lines: Iterator[str]) -> Step:
    for name, pattern in STEPS.items():
        match = pattern.fullmatch(line)
        if match is not None:
            return (name, *match.groups(), _block(lines)) if name == "write" else (name, *match.groups())
    msg = f"what does this mean: {line!r}"
    raise StuckError(msg)


def _block(lines: Iterator[str]) -> str:
    """The next fenced block, without its fences."""
    while not next(lines).startswith("```"):
        pass
    return "".join(f"{line}\n" for line in iter(lines.__next__, "```"))


def choose(found: dict[str, list[Step]], number: int, prompt: str) -> list[Step]:
    """What to do in attempt `number`: the prompt tells how the one before ended."""
    outcome = _OUTCOME.search(prompt)  # the newest stands first
    headings = [f"Attempt {number}", f"After {outcome[1]}" if outcome else "", ALWAYS]
    fitting = [found[heading] for heading in headings if heading and heading in found]
    return fitting[0] if fitting else []


class Worker:
    """One attempt at one bead, in the working directory."""

    def __init__(self, prompt: str, bead: str) -> None:
        self._prompt = prompt
        self._bead = bead

    def do(self, step: Step) -> None:
        _say(" ".join((step[0], *step[1:3])) if step[0] != "write" else f"write {step[1]}")
        getattr(self, f"_{step[0]}")(*step[1:])

    def _write(self, path: str, content: str) -> None:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text(content)

    def _put(self, text: str, before: str, path: str) -> None:
        old = Path(path).read_text()
        if text not in old:
            Path(path).write_text(old.replace(before, text + before, 1))

    def _mend(self, path: str) -> None:
        """The gate said `is != should be`: what it is stands somewhere in the file."""
        old = Path(path).read_text()
        for match in _WRONG_VALUE.finditer(self._prompt):
            if match[1] in old:
                Path(path).write_text(old.replace(match[1], match[2]))
                return
        raise StuckError("the prompt says of no value in that file that it is wrong")

    def _commit(self, message: str) -> None:
        _run("git", "add", "--all")
        if _run("git", "diff", "--cached", "--quiet", ok=(0, 1)).returncode:
            _run("git", "commit", "--quiet", "--message", message)

    def _wait(self, title: str) -> None:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            if any(bead["title"] == title and bead["state"] in _STARTED for bead in gt("bead", "list")):
                return
            time.sleep(0.1)
        msg = f"nobody works on {title}"
        raise StuckError(msg)

    def _close(self, reason: str) -> None:
        gt("bead", "close", self._bead, "--reason", reason)

    def _die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)


def gt(*words: str) -> Any:
    """What `gt` answers. Raises StuckError when it refuses."""
    answer = _run("gt", *words, "--json")
    return json.loads(answer.stdout)["data"]


def _run(*command: str, ok: tuple[int, ...] = (0,)) -> "subprocess.CompletedProcess[str]":
    ended = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if ended.returncode not in ok:
        msg = f"{' '.join(command[:3])} ended with {ended.returncode}: {ended.stderr.strip()}"
        raise StuckError(msg)
    return ended


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def work(prompt: str) -> None:
    """One attempt, to its end. Raises StuckError."""
    hook = gt("hook")
    bead = gt("bead", "show", hook["bead"]["id"])
    if bead["description"] not in prompt or bead["title"] not in gt("prime")["text"]:
        raise StuckError("this is not the bead that my prompt speaks of")
    _say(f"attempt {hook['number']} at {bead['id']}: {bead['title']}")
    worker = Worker(prompt, bead["id"])
    steps = choose(sections(bead["description"]), hook["number"], prompt)
    for step in steps:
        worker.do(step)
    if not any(step[0] == "close" for step in steps):
        ended = _run("gt", "done", ok=(0, _REFUSED))
        _say((ended.stdout + ended.stderr).strip())


def main() -> int:
    try:
        work(sys.stdin.read())
    except StuckError as error:
        _say(f"stuck: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
