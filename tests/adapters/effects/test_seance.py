"""A conversation is asked something in a copy: it answers, changes nothing, and leaves nothing."""

import json
import sys
from pathlib import Path
from typing import Any

from gastown.actors.errands import AskSeance
from gastown.adapters.effects.seance import seances
from gastown.adapters.processes.family import marked
from gastown.events.agent import AgentSpec

Stage = Any  # tests/adapters/effects/conftest.py

FAKE = Path(__file__).parents[1] / "agents" / "fake_agent.py"


def asked(stage: Stage, vendor: str, *steps: dict[str, Any], known: bool = True, timeout: float = 60.0) -> AskSeance:
    """Of a conversation that was had with `fake_agent.py`, which does these steps."""
    plan, program = stage.folder / "plan", stage.folder / "program"
    plan.write_text("\n".join(map(json.dumps, steps)))
    program.write_text(f'#!/bin/sh\nexec {sys.executable} -S {FAKE} {vendor} {plan} "$@"\n')
    program.chmod(0o755)
    if known:
        Path(f"{plan}.c1").touch()
    return AskSeance(
        session="ap-1-1",
        rig="app",
        bead="ap-1",
        agent=AgentSpec(name="x", vendor=vendor, command=str(program)),
        conversation="c1",
        worktree="/gone/ap-1-1",
        question="Why is it so?",
        timeout=timeout,
    )


async def test_it_answers_and_is_let_change_nothing(stage: Stage) -> None:
    run = {"type": "run", "command": f"touch {stage.folder}/changed"}
    for vendor in ("claude", "codex"):
        async with stage.host() as host:
            reply = await host.ask(asked(stage, vendor, run, {"type": "say", "text": "Because."}))
            assert list(host.site.files.names(seances(stage.town))) == []
            assert marked(host.site.town_mark).alive() == []

        assert reply.ok, reply
        assert (reply.data["text"], reply.data["failure"]) == ("Because.", None)
        assert reply.data["usage"]["fresh"] == 1800
        assert (stage.folder / "plan.told").read_text().endswith("Why is it so?\n")
        assert not (stage.folder / "changed").exists()
        (stage.folder / "plan.taken").unlink()


async def test_one_that_does_not_answer_in_time_is_ended(stage: Stage) -> None:
    async with stage.host() as host:
        reply = await host.ask(asked(stage, "claude", {"type": "hang"}, timeout=1.0))
        assert marked(host.site.town_mark).alive() == []

    assert reply.ok, reply
    assert reply.data["failure"]["kind"] in ("silent", "crash")


async def test_a_conversation_that_is_not_there_any_more_is_said_to_be_gone(stage: Stage) -> None:
    async with stage.host() as host:
        reply = await host.ask(asked(stage, "claude", {"type": "say", "text": "x"}, known=False))

    assert "No conversation found" in reply.data["failure"]["message"]


async def test_a_vendor_that_cannot_copy_a_conversation_is_refused(stage: Stage) -> None:
    async with stage.host() as host:
        reply = await host.ask(asked(stage, "pi", {"type": "say", "text": "x"}))

    assert (reply.ok, reply.code) == (False, "refused")
    assert "the original is not to be altered" in reply.message
