"""A host beside the town's own: `python outer_host.py FOLDER TOWN NAME`.

In a folder of its own, on the same machine and with the town's own login. The repositories are those of the town, as if
all luggage had been carried already.
"""

import sys
from pathlib import Path

import anyio

from gastown import config
from gastown.bus.logs import setup_logs
from gastown.errors import EXIT_CODES, GastownError
from gastown.host import serve


def main(folder: Path, town: Path, name: str) -> int:
    home = config.load(town)
    for made in ("run", "logs", "sessions", "host"):
        (folder / made).mkdir(parents=True, exist_ok=True)
    for shared in ("secrets", "rigs", "bin", "run/nats.port"):
        if not (folder / shared).exists():
            (folder / shared).symlink_to(town / shared)
    setup_logs("host")
    place = config.TownConfig(
        path=folder, name=home.name, incarnation=home.incarnation, home=config.Home(host=name, urls=())
    )
    try:
        anyio.run(serve, place)
    except GastownError as error:
        return EXIT_CODES[error.code]
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]))
