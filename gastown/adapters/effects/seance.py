"""A seance: an earlier conversation is asked something, in a copy that changes nothing and of which nothing stays."""

from collections.abc import Mapping
from pathlib import Path

import anyio

from gastown.actors.effects import RunSession
from gastown.actors.errands import AskSeance, SeanceFacts
from gastown.adapters.agents.port import Agent, AgentSession, CannotError, Start
from gastown.adapters.agents.told import ConversationOpened, PermissionAsked, TurnEnded
from gastown.adapters.effects.environment import worker_environment
from gastown.adapters.effects.site import Site
from gastown.adapters.processes.program import StartFailedError
from gastown.clock import monotonic, new_id
from gastown.errors import RefusedError
from gastown.events.ids import Entity
from gastown.events.turn import Failure

_SILENCE = 120.0
_TEXT = 20_000
"""Characters of an answer."""


def seances(town: Path) -> Path:
    """The folder below which each has one of its own while it lasts."""
    return town / "host" / "seances"


async def hold_seance(site: Site, agents: Mapping[str, Agent], asked: AskSeance, traceparent: str) -> SeanceFacts:
    """See AskSeance. Raises RefusedError."""
    agent = agents.get(asked.agent.vendor)
    if agent is None or "fork" not in agent.can:
        msg = f"{asked.agent.vendor} cannot go on with a copy of a conversation, and the original is not to be altered"
        raise RefusedError(msg, f"read what it said: gt peek {asked.session}")
    name = f"{asked.session}.seance-{new_id()}"
    folder = anyio.Path(seances(site.town) / name)
    await (folder / "at").mkdir(parents=True)
    try:
        return await _ask(site, agent, _start(site, asked, name, Path(folder), traceparent), monotonic())
    finally:
        with anyio.CancelScope(shield=True):
            await site.sweep(site.mark(name))
            await anyio.to_thread.run_sync(site.files.remove_folder, Path(folder))


def _start(site: Site, asked: AskSeance, name: str, folder: Path, traceparent: str) -> Start:
    """It speaks for nobody: it has no token, and its session is none."""
    about = Entity("session", asked.session)
    alike = RunSession(
        key=f"seance:{name}",
        about=about,
        session=name,
        rig=asked.rig,
        bead=asked.bead,
        polecat="",
        agent=asked.agent,
    )
    environment = worker_environment(site, alike, traceparent)
    return Start(
        worktree=folder / "at",
        brief=asked.question,
        agent=asked.agent,
        environment=environment,
        mark=site.mark(name),
        logs=folder / "logs",
        timeout=asked.timeout,
        silence=min(_SILENCE, asked.timeout),
        asks=True,
        resume=asked.conversation,
        fork=True,
        aside=Path(asked.worktree),
        still=site.holds.work(asked.rig),
    )


async def _ask(site: Site, agent: Agent, start: Start, began: float) -> SeanceFacts:
    await start.still.passed()
    await site.lease.confirmed()
    try:
        session = await agent.start(start)
    except (StartFailedError, CannotError, OSError) as error:
        raise RefusedError(str(error), "gt agent list shows what each vendor can") from error
    try:
        return await _listen(session, start, began)
    finally:
        with anyio.CancelScope(shield=True):
            await session.stop(grace=0)


async def _listen(session: AgentSession, start: Start, began: float) -> SeanceFacts:
    """Until its turn has ended. Whatever it asks leave for, it may not."""
    model = start.agent.model
    async for event in session.events():
        match event:
            case ConversationOpened(model=told):
                model = told or model
            case PermissionAsked(id=ask):
                await session.answer(ask, allow=False)
            case TurnEnded():
                return SeanceFacts(
                    text=event.text[-_TEXT:],
                    usage=event.usage,
                    model=model,
                    failure=event.failure,
                    seconds=monotonic() - began,
                )
            case _:
                pass
    gone = Failure(kind="crash", message="the copy ended without a word")
    return SeanceFacts(failure=gone, model=model, seconds=monotonic() - began)
