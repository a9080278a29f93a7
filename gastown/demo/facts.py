"""What did happen: asked of the log through `gt`, and of git, when all the work is over."""

import sys
from collections.abc import Iterable, Mapping

import anyio
import msgspec

from gastown.clock import monotonic
from gastown.demo.origin import Landing, Origin
from gastown.demo.programs import Programs, Record
from gastown.demo.story import BEADS, RIVALS

TESTS = ("-m", "unittest", "discover", "-s", "tests", "-t", ".")
"""How the project's tests are run, after the name of a Python."""
_AT_ONCE = 3
_OVER = ("bead.landed", "bead.closed")


class TestRun(msgspec.Struct, frozen=True, kw_only=True):
    """The project's tests in a fresh checkout. says: the last line of what they printed. seconds: that they took."""

    commit: str
    passed: bool
    says: str
    seconds: float


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """town: its folder. ids: of the beads, by their keys in the story; beads: likewise, as `gt bead show` has them.

    base: the target before the town began. landings: what git says came after it, first to last; runs: its tests.
    missing: needs of a bead that the base of one of its sessions did not hold. dimensions: of the project, at the end.
    """

    town: str
    ids: Mapping[str, str]
    convoy: Record
    events: tuple[Record, ...]
    beads: Mapping[str, Record]
    branches: tuple[Record, ...]
    escalations: tuple[Record, ...]
    verified: Record
    why: Record
    trace: Record
    base: str
    landings: tuple[Landing, ...]
    runs: tuple[TestRun, ...]
    missing: tuple[str, ...]
    dimensions: str

    def of(self, *types: str) -> list[Record]:
        """The events of these types, as they came."""
        return [event for event in self.events if event["type"] in types]

    def key_of(self, bead: str) -> str:
        return next((key for key, known in self.ids.items() if known == bead), "")

    def setbacks(self, key: str) -> list[Record]:
        """The attempts at a bead that came back, while it was not yet done."""
        return _setbacks(self.events, self.ids[key])


def _setbacks(events: Iterable[Record], bead: str) -> list[Record]:
    found: list[Record] = []
    for event in events:
        if event["entity"] == bead and event["type"] in _OVER:
            break
        if event["entity"] == bead and event["type"] == "bead.returned":
            found.append(event["data"])
    return found


def rivals_loser(events: Iterable[Record], ids: Mapping[str, str]) -> str:
    """The bead that conflicted. The first of the two where, against the story, none did."""
    known = list(events)
    beads = [ids[key] for key in RIVALS]
    return next((bead for bead in beads if _setbacks(known, bead)), beads[0])


async def gather(programs: Programs, origin: Origin, ids: Mapping[str, str], convoy: str, base: str) -> Facts:
    """Raises CallFailedError and GitFailedError."""
    listed = await programs.gt("--town", str(programs.town), "events", "--json")
    events = tuple(msgspec.json.decode(line) for line in listed.text.splitlines() if line.startswith("{"))
    landed = [event["data"]["target_commit"] for event in events if event["type"] == "bead.landed"]
    beads = {bead["id"]: bead for bead in await programs.ask("bead", "list")}
    landings = tuple(await origin.landings(base))
    return Facts(
        town=str(programs.town),
        ids=ids,
        convoy=await programs.ask("convoy", "show", convoy),
        events=events,
        beads={key: beads[bead] for key, bead in ids.items()},
        branches=tuple(await programs.ask("branches")),
        escalations=tuple(await programs.ask("escalations")),
        verified=await programs.ask("verify", ok=(0, 7)),
        why=await programs.ask("why", landed[-1]) if landed else {},
        trace=await programs.ask("trace", rivals_loser(events, ids)),
        base=base,
        landings=landings,
        runs=await _test_all(programs, origin, [base, *(landing.commit for landing in landings)]),
        missing=tuple(await _missing(origin, events, ids)),
        dimensions=await origin.content("abacus/dimensions.py"),
    )


async def _test_all(programs: Programs, origin: Origin, commits: list[str]) -> tuple[TestRun, ...]:
    """Each in a checkout of its own, in the order of `commits`."""
    found: dict[str, TestRun] = {}
    places = anyio.CapacityLimiter(_AT_ONCE)

    async def one(commit: str) -> None:
        async with places:
            found[commit] = await test(programs, origin, commit)

    async with anyio.create_task_group() as tasks:
        for commit in commits:
            tasks.start_soon(one, commit)
    return tuple(found[commit] for commit in commits)


async def test(programs: Programs, origin: Origin, commit: str) -> TestRun:
    """Run the project's tests at `commit`."""
    folder = await origin.checkout(commit)
    begun = monotonic()
    answer = await programs.tests((sys.executable, "-B", *TESTS), folder)
    lines = [line for line in answer.text.splitlines() if line.startswith("Ran ")] or answer.text.splitlines()[-1:]
    says = lines[0].partition(" in ")[0] if lines else "nothing"
    return TestRun(commit=commit, passed=answer.code == 0, says=says, seconds=monotonic() - begun)


async def _missing(origin: Origin, events: Iterable[Record], ids: Mapping[str, str]) -> list[str]:
    known = list(events)
    landed = {event["entity"]: event["data"]["target_commit"] for event in known if event["type"] == "bead.landed"}
    opened = {event["entity"]: event["data"]["bead"] for event in known if event["type"] == "session.opened"}
    needs = {ids[bead.key]: [ids[need] for need in bead.needs] for bead in BEADS}
    begun = {event["entity"]: event["data"]["base"] for event in known if event["type"] == "session.started"}
    built_on = [(session, need) for session in begun for need in needs[opened[session]]]
    return [
        f"{session} began without {need}"
        for session, need in built_on
        if need not in landed or not await origin.contains(begun[session], landed[need])
    ]
