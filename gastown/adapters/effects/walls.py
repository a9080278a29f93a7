"""What a session sees that has walls: its worktree, its repository, the way to the town, and what its agent names.

Not seen: home directories, other worktrees, the Refinery's repository but for its objects, the town's secrets and log.
"""

import sys
from pathlib import Path

import gastown
from gastown.actors.effects import RunSession
from gastown.adapters.effects.session_folder import SessionFolder
from gastown.adapters.effects.site import Job
from gastown.adapters.git.port import Sandbox
from gastown.adapters.processes.program import Walls
from gastown.events.account import AccountSpec
from gastown.events.agent import AgentSpec, SandboxName
from gastown.finding import socket_of

HOME = "home"
"""Below the session's folder."""


def sandbox_named(job: Job, effect: RunSession) -> SandboxName:
    """The rig's word counts, else its agent's."""
    return (job.errand.rig.sandbox if job.errand.rig else "") or effect.agent.sandbox


def has_walls(job: Job, effect: RunSession) -> bool:
    return sandbox_named(job, effect) == "bwrap"


def must_write(job: Job, effect: RunSession, sandbox: Sandbox) -> tuple[Path, ...]:
    """Besides its worktree, for a vendor that can hold itself; () where nobody is to be held."""
    return () if sandbox_named(job, effect) == "none" else (sandbox.repository, sandbox.own)


def walls_of(job: Job, effect: RunSession, sandbox: Sandbox, folder: SessionFolder) -> Walls:
    network = job.errand.policy is None or job.errand.policy.network
    return walls_for(job.site.town, effect.agent, job.errand.account, sandbox, folder.path, network=network)


def walls_for(
    town: Path, spec: AgentSpec, account: AccountSpec | None, sandbox: Sandbox, folder: Path, *, network: bool
) -> Walls:
    """folder: its session's, or what stands for that."""
    own = sandbox.repository
    return Walls(
        home=folder / HOME,
        reads=(*_way_to(town), *_programs(), folder, sandbox.borrows, *map(Path, spec.reads)),
        writes=(sandbox.worktree, own, own / "objects", *map(Path, spec.writes), *_of_account(account)),
        covers=(own / "config", own / "hooks", own / "objects" / "info"),
        network=network,
    )


def _of_account(account: AccountSpec | None) -> tuple[Path, ...]:
    """Where its program keeps its login, which it renews."""
    return (Path(account.config_dir),) if account is not None and account.config_dir else ()


def _way_to(town: Path) -> tuple[Path, ...]:
    """The command `gt`, and the socket that it speaks to."""
    address = socket_of(str(town))
    places = (town / "bin", town / "run" / "socket", *((Path(address),) if address else ()))
    return tuple(place for place in places if place.exists())


def _programs() -> tuple[Path, ...]:
    """The Python that `gt` is run with, and what it imports."""
    package = Path(gastown.__file__).parent
    paths = [Path(entry) for entry in sys.path if entry]
    commands = [place for path in paths if (place := path / "gastown_cli").is_dir()]
    return tuple(dict.fromkeys((Path(sys.prefix), Path(sys.base_prefix), package, *commands)))
