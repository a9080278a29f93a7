"""A small repository to work on, and a plain shell script that does by itself what a town does with git."""

from pathlib import Path

import anyio

from gastown.bench.figure import NotMeasuredError
from gastown.bench.programs import git_environment, timed

FILES = 50

_MAKE = f"""
set -e
git init -q --bare -b main "$1/origin.git"
git clone -q "$1/origin.git" "$1/clone" 2>/dev/null
cd "$1/clone"
git checkout -q -b main
mkdir src
n=1
while [ $n -le {FILES} ]; do seq $n 200 > src/file-$n.txt; n=$((n + 1)); done
git add .
git commit -q -m "Begin"
git push -q origin main
"""

_BY_HAND = """
set -e
cd "$1/clone"
n=$2
while [ $n -le $3 ]; do
  git worktree add -q --no-track -b bead-$n ../tree-$n main
  (cd ../tree-$n && echo bead-$n > bead-$n.txt && git add bead-$n.txt && git -c core.fsync=all commit -q -m "Add $n")
  git -c core.fsync=all merge -q --no-ff -m "Merge bead-$n" bead-$n
  git push -q origin main
  git worktree remove ../tree-$n
  n=$((n + 1))
done
"""
"""What a worker commits and what lands is flushed, as in the Refinery's repository; nothing else is."""

_WORKTREES = """
set -e
cd "$1/clone"
n=$2
while [ $n -le $3 ]; do git worktree add -q --no-track -b tree-$n ../tree-$n main; sh -c :; n=$((n + 1)); done
"""

WORKER = 'echo "$GT_BEAD" > "$GT_BEAD.txt" && git add "$GT_BEAD.txt" && git commit -q -m "Add $GT_BEAD.txt"'
"""The same work as an agent's command."""


async def make_origin(folder: Path) -> Path:
    """A bare repository in `folder`, with a clone beside it for the scripts."""
    await anyio.Path(folder).mkdir(parents=True)
    await _run(folder, _MAKE)
    return folder / "origin.git"


async def land_by_hand(folder: Path, first: int, last: int) -> float:
    """Seconds to do the beads `first` to `last` one after another."""
    return await _run(folder, _BY_HAND, first, last)


async def worktrees_by_hand(folder: Path, first: int, last: int) -> float:
    """Seconds to make the worktrees `first` to `last`, starting a program after each."""
    return await _run(folder, _WORKTREES, first, last)


async def landed(folder: Path) -> int:
    """How many merges the origin's branch has."""
    argv = ("git", f"--git-dir={folder / 'origin.git'}", "rev-list", "--count", "--merges", "main")
    _, said = await timed(argv, folder, git_environment())
    return int(said)


async def demand_landed(folder: Path, expected: int, by: str) -> None:
    """Raises NotMeasuredError when not all the work is there: then its time says nothing."""
    found = await landed(folder)
    if found != expected:
        raise NotMeasuredError(f"{by} landed {found} of {expected} beads")


async def _run(folder: Path, script: str, *words: int) -> float:
    argv = ("/bin/sh", "-c", script, "sh", str(folder), *map(str, words))
    seconds, _ = await timed(argv, folder, git_environment())
    return seconds
