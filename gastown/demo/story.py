"""What is to happen, as data: the project, the beads that change it, and how each of them ends."""

from importlib import resources

import msgspec

from gastown.demo.worker import sections

RIG = "abacus"
CONVOY = "Abacus knows all units"
PLACES = 4
"""How many workers there may be at once."""
BLOCKED_AFTER = 3
"""Red gates after which a bead waits for a person."""


class Fate(msgspec.Struct, frozen=True, kw_only=True):
    """How a bead ends. setbacks: how each attempt before the last came back. reapplied: commits of the first attempt
    that the second one finds on its branch. says: all that in words."""

    state: str
    says: str
    setbacks: tuple[str, ...] = ()
    reapplied: int | None = None


LANDS = Fate(state="landed", says="lands at the first attempt")
RIVAL = Fate(state="landed", says="lands; the later one of two conflicts at first, and resolves it")
"""Of each of the two beads that conflict: which of them is the later one is theirs to find out."""


class Bead(msgspec.Struct, frozen=True, kw_only=True):
    """priority: 0 (highest) to 4. needs: keys of other beads."""

    key: str
    fate: Fate
    needs: tuple[str, ...] = ()
    priority: int = 2

    @property
    def title(self) -> str:
        return text_of(self.key).partition("\n")[0].removeprefix("# ")

    @property
    def description(self) -> str:
        """What the worker is told, steps and all."""
        return text_of(self.key).partition("\n")[2].strip()


BEADS = (
    Bead(key="length", fate=LANDS, priority=0),
    Bead(
        key="halves",
        fate=Fate(
            state="blocked",
            says="its gate stays red: blocked, and a person is asked",
            setbacks=("red",) * BLOCKED_AFTER,
        ),
        priority=1,
    ),
    Bead(
        key="mass",
        fate=Fate(state="landed", says="dies half way, is taken up again, lands", setbacks=("died",), reapplied=1),
        priority=1,
    ),
    Bead(
        key="duration",
        fate=Fate(state="landed", says="nothing is committed at first, then it lands", setbacks=("no_commits",)),
        priority=1,
    ),
    Bead(
        key="temperature",
        fate=Fate(state="landed", says="its gate is red at first, it is mended, lands", setbacks=("red",), reapplied=1),
        priority=1,
    ),
    Bead(key="zero", fate=Fate(state="closed", says="needs no change: its worker closes it"), priority=3),
    Bead(key="area", fate=RIVAL, needs=("length",), priority=1),
    Bead(key="volume", fate=RIVAL, needs=("length",), priority=1),
    Bead(key="speed", fate=LANDS, needs=("length", "duration")),
    Bead(key="parsing", fate=LANDS, needs=("length",)),
    Bead(key="command", fate=LANDS, needs=("parsing", "mass")),
    Bead(key="money", fate=Fate(state="slung", says="waits, as what it needs is blocked"), needs=("halves",)),
)
"""What others need stands before them."""

RIVALS = tuple(bead.key for bead in BEADS if bead.fate is RIVAL)
BY_KEY = {bead.key: bead for bead in BEADS}


def text_of(key: str) -> str:
    """The file of this name in `texts/`."""
    return (resources.files("gastown.demo") / "texts" / f"{key}.md").read_text(encoding="utf-8")


def project() -> dict[str, str]:
    """The project before the first bead: content by path."""
    return {step[1]: step[2] for step in sections(text_of("project"))[""] if step[0] == "write"}
