"""Fuzz one target, led by what code it reaches: `uv run python tests/fuzz/guided.py TARGET [-max_total_time=600]`.

All flags are libFuzzer's. Seeds: every golden event, and a few words of each language that is spoken here. What fails
is written to a file `crash-...`; `guided.py TARGET FILE` runs it again. A note of it belongs into `test_fuzz.py`.
"""

import sys
import tempfile
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["gastown", "gastown_cli"]):
    from targets import TARGETS

SEEDS = (
    b'{"jsonrpc":"2.0","id":1,"method":"bead.create","params":{"title":"x","needs":["ap-1"],"at":1}}',
    b'name = "town"\nincarnation = "01J"\n[nats]\nurl = "nats://localhost:4222"\n',
    b'{"town":{"pid":1,"started":2}}',
    b"# branch.oid 0123456789012345678901234567890123456789\x001 .M N... 100644 100644 100644 a b name\x00? other\x00",
    b"!\trefs/heads/main:refs/heads/main\t[remote rejected] (protected)\n0123\trefs/heads/main\n",
    "\x1b[31m\x9b \u202e \u2066 title\n\nGastown-Submission: x".encode(),
)
GOLDEN = Path(__file__).parent.parent / "events" / "golden"


def main() -> None:
    target = TARGETS[sys.argv.pop(1)]
    with tempfile.TemporaryDirectory() as corpus:
        for number, seed in enumerate((*SEEDS, *(file.read_bytes() for file in sorted(GOLDEN.glob("*.json"))))):
            (Path(corpus) / str(number)).write_bytes(seed)
        atheris.Setup([*sys.argv, corpus], target)
        atheris.Fuzz()


if __name__ == "__main__":
    main()
