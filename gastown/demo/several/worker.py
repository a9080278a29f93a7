"""The agent: writes one file and commits it. In a town that is to be lost it first waits until it is let.

`python -I worker.py GATE`: it works once the file GATE is there; "" for at once.
"""

import os
import subprocess  # noqa: TID251  a worker is a program of its own, not of the town
import sys
import time
from pathlib import Path

PATIENCE = 120.0


def main(gate: str) -> int:
    """The exit code."""
    brief = sys.stdin.read()
    deadline = time.monotonic() + PATIENCE
    while gate and not Path(gate).exists():
        if time.monotonic() > deadline:
            sys.stderr.write("nobody has let me work\n")
            return 1
        time.sleep(0.05)
    bead = os.environ["GT_BEAD"]
    Path(f"{bead}.txt").write_text(brief.partition("\n")[0] + "\n")
    for words in (("add", "--all"), ("commit", "--quiet", "--message", f"Work on {bead}")):
        subprocess.run(("git", *words), check=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
