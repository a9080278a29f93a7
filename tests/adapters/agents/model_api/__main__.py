"""By hand: `python -m model_api [--port N] [--script FILE]`; the file holds a list of scripts as JSON (`script.py`)."""

import argparse
import signal
from pathlib import Path

import msgspec

from model_api.script import Script
from model_api.server import ModelApi, described


def main() -> None:
    parser = argparse.ArgumentParser(prog="model_api")
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--script", type=Path)
    given = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with ModelApi(given.port) as api:
        for script in msgspec.json.decode(given.script.read_bytes(), type=list[Script]) if given.script else []:
            api.director.add(script)
        print(api.url, flush=True)  # noqa: T201  this is a program
        try:
            signal.pause()
        except KeyboardInterrupt:
            print(msgspec.json.encode(described(api)).decode(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
