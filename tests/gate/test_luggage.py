"""What an outer host's sandboxes are made of comes from home, and what they leave gets there. Real git on both ends."""

import os
import subprocess  # noqa: TID251  tests use the real program
from contextlib import asynccontextmanager

import anyio
import pytest

from gastown.actors.effects import RunSession
from gastown.actors.errands import Errand
from gastown.adapters.effects.site import Rigs
from gastown.adapters.files.disk import DiskFiles
from gastown.adapters.git.port import GitFailedError
from gastown.adapters.git.program_git import ProgramGit
from gastown.bus.luggage_protocol import AskParcel, Bring, No, Offer, Permit, Taken, decode_said, encode, permit
from gastown.bus.memory_commands import MemoryCommands
from gastown.errors import UnreachableError
from gastown.events.agent import AgentSpec
from gastown.events.ids import Entity
from gastown.events.rig import RigConfig
from gastown.events.session import Earlier
from gastown.gate.carrier import Carrier, seen_from_here
from gastown.gate.luggage_room import MOST, LuggageRoom

SECRET = b"the town's"
SESSION = "ap-1-1"
AUTHOR = ("-c", "user.name=Ada", "-c", "user.email=ada@abacus.example")


def git(folder, *words):
    done = subprocess.run(("git", *AUTHOR, "-C", str(folder), *words), check=True, capture_output=True, text=True)
    return done.stdout.strip()


class FlakyCommands(MemoryCommands):
    """Loses every third request, and every third answer."""

    def __init__(self):
        super().__init__()
        self.asked = 0

    async def request(self, service, payload, *, patience):
        self.asked += 1
        if self.asked % 3 == 1:
            raise UnreachableError("lost on the way")
        answer = await super().request(service, payload, patience=patience)
        if self.asked % 3 == 2:
            raise UnreachableError("the answer was lost")
        return answer


class Ground:
    def __init__(self, folder):
        self.folder = folder
        self.origin, self.seed = folder / "origin.git", folder / "seed"
        self.origin.mkdir()
        self.seed.mkdir()
        git(self.origin, "init", "--quiet", "--bare", "--initial-branch=main")
        git(self.seed, "init", "--quiet", "--initial-branch=main")
        self.write("begin.txt", "begin")
        self.config = RigConfig(origin=str(self.origin), target="main", landing="main", prefix="ap")
        self.commands = FlakyCommands()
        self.home = Rigs(folder / "home" / "rigs", ProgramGit(), DiskFiles(), fresh=0.0)
        self.outer = Rigs(folder / "outer" / "rigs", ProgramGit(), DiskFiles(), seen=seen_from_here, fresh=0.0)
        self.room = LuggageRoom(self.home, folder / "home" / "luggage", SECRET)
        self.carrier = Carrier(self.commands, "box", self.outer, folder / "outer" / "luggage")

    def write(self, name, text):
        """On the target, by somebody else."""
        (self.seed / name).write_text(text)
        git(self.seed, "add", "--all")
        git(self.seed, "commit", "--quiet", "--message", name)
        git(self.seed, "push", "--quiet", str(self.origin), "main")
        return git(self.seed, "rev-parse", "HEAD")

    @asynccontextmanager
    async def at_work(self, answer=None):
        await self.home.ready("app", self.config)
        async with self.commands.serve_each("luggage", answer or self.room.answer):
            yield

    def errand(self, session=SESSION, host="box"):
        agent = AgentSpec(name="worker", vendor="shell")
        effect = RunSession(
            key=f"run:{session}",
            about=Entity("session", session),
            session=session,
            rig="app",
            bead="ap-1",
            polecat="p",
            agent=agent,
        )
        return Errand(epoch=1, host=1, effect=effect, rig=self.config, permit=permit(SECRET, host, "app", session))

    async def sandbox(self, session=SESSION, earlier=None):
        await self.carrier.supply(self.errand(session), "app", session, earlier)
        rig = await self.outer.ready("app", self.config)
        await self.outer.refresh("app", rig)
        return rig, await rig.create_sandbox(session, earlier)

    async def commit(self, rig, sandbox, name, text):
        """Something the worker does, pinned on its own machine."""
        (sandbox.worktree / name).write_text(text)
        git(sandbox.worktree, "add", "--all")
        git(sandbox.worktree, "commit", "--quiet", "--message", name)
        commit = git(sandbox.worktree, "rev-parse", "HEAD")
        await rig.pin(sandbox.worktree, f"refs/gastown/submitted/app.{commit}", commit)
        return commit

    def at_home(self, ref):
        return git(self.folder / "home" / "rigs" / "app" / "refinery.git", "rev-parse", ref)


@pytest.fixture
def ground(tmp_path):
    return Ground(tmp_path)


async def test_a_sandbox_is_made_of_the_target_as_it_is_at_home(ground):
    async with ground.at_work():
        _, sandbox = await ground.sandbox()
        assert (sandbox.worktree / "begin.txt").read_text() == "begin"
        moved = ground.write("more.txt", "more")
        _, later = await ground.sandbox("ap-2-1")
        assert later.base == moved
        assert (later.worktree / "more.txt").read_text() == "more"
        assert not list((ground.folder / "outer" / "luggage").iterdir())


async def test_what_a_session_leaves_is_pinned_at_home_under_its_own_names(ground):
    async with ground.at_work():
        rig, sandbox = await ground.sandbox()
        commit = await ground.commit(rig, sandbox, "work.bin", os.urandom(5_000_000).hex())
        for left, ref in (("submitted", "refs/gastown/submitted/app.ap-1-1"), ("kept", "refs/heads/gt/kept/ap-1-1")):
            await ground.carrier.bring(ground.errand(), "app", SESSION, left, commit, sandbox.base)
            await ground.carrier.bring(ground.errand(), "app", SESSION, left, commit, sandbox.base)
            assert ground.at_home(ref) == commit
        assert not list((ground.folder / "home" / "luggage").glob("offer-*"))


async def test_an_attempt_that_was_lost_elsewhere_goes_on_from_what_was_brought_home(ground):
    async with ground.at_work():
        rig, sandbox = await ground.sandbox()
        commit = await ground.commit(rig, sandbox, "half.txt", "half")
        await ground.carrier.bring(ground.errand(), "app", SESSION, "kept", commit, sandbox.base)
        ground.outer = Rigs(ground.folder / "third" / "rigs", ProgramGit(), DiskFiles(), seen=seen_from_here, fresh=0.0)
        ground.carrier = Carrier(ground.commands, "box", ground.outer, ground.folder / "third" / "luggage")
        earlier = Earlier(session=SESSION, commit=commit, base=sandbox.base)
        _, again = await ground.sandbox("ap-1-2", earlier)
        assert again.reapplied == 1
        assert (again.worktree / "half.txt").read_text() == "half"


async def test_a_home_that_was_started_anew_is_asked_from_the_start(ground):
    ground.write("more.txt", os.urandom(5_000_000).hex())
    answer, pieces = ground.room.answer, 0

    async def forgetful(host, payload):
        nonlocal answer, pieces
        pieces += 1
        if pieces == 3:
            answer = LuggageRoom(ground.home, ground.folder / "home" / "luggage", SECRET).answer
        return await answer(host, payload)

    async with ground.at_work(forgetful):
        _, sandbox = await ground.sandbox()
        assert (sandbox.worktree / "more.txt").exists()


@pytest.mark.parametrize(("host", "session"), [("other", SESSION), ("box", "ap-9-9")])
async def test_who_was_not_given_the_session_gets_and_brings_nothing(ground, host, session):
    async with ground.at_work():
        word = permit(SECRET, "box", "app", SESSION)
        stolen = Permit(rig="app", session=session, word=word)
        offer = Offer(permit=stolen, left="submitted", commit="0" * 40, digest="0" * 64, size=1)
        for asked in (AskParcel(permit=stolen), offer):
            said = decode_said(await ground.room.answer(host, encode(asked)))
            assert isinstance(said, No)
            assert "is not with host" in said.message


async def test_a_home_that_says_no_for_good_is_not_asked_for_ever(ground):
    async with ground.at_work():
        errand = ground.errand(host="other")
        with pytest.raises(GitFailedError, match="is not with host box"), anyio.fail_after(30):
            await ground.carrier.supply(errand, "app", SESSION, None)


async def test_what_is_offered_and_never_brought_does_not_fill_the_disk(ground):
    given = Permit(rig="app", session=SESSION, word=permit(SECRET, "box", "app", SESSION))

    async def said(asked):
        return decode_said(await ground.room.answer("box", encode(asked)))

    for number in range(MOST + 1):
        digest = f"{number:064x}"
        offer = Offer(permit=given, left="kept", commit=f"{number:040x}", digest=digest, size=9)
        assert await said(offer) == Taken(size=0)
        assert await said(Bring(permit=given, digest=digest, offset=0, data=b"half")) == Taken(size=4)
    assert len(list((ground.folder / "home" / "luggage").iterdir())) == MOST
    first = await said(Bring(permit=given, digest=f"{0:064x}", offset=4, data=b"rest!"))
    assert isinstance(first, No)
    assert first.again
