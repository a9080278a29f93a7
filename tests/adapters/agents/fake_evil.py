"""How `fake_agent.py` misbehaves."""

import json
import os
import signal
import subprocess  # noqa: TID251  a program of its own
import time

from fake_wires import Wire, put


def evil(wire: Wire, how: str) -> bool:
    """-> whether the turn goes on."""
    match how.split():
        case ["exit", code]:
            os._exit(int(code))
        case ["half"]:  # of a line, and gone
            put(b'{"type":"result","is_er')
            os._exit(0)
        case ["no_newline"]:
            wire.say = lambda value: put(json.dumps(value).encode())  # type: ignore[method-assign]
            wire.over("done", "said without an end")
            os._exit(0)
        case ["long", size]:  # one line
            put(b'{"type":"noise","x":"')
            for _ in range(int(size) // 65536):
                put(b"x" * 65536)
            put(b'"}\n')
        case ["flood", size]:  # of lines
            line = json.dumps({"type": "noise", "x": "y" * 4000}).encode() + b"\n"
            for _ in range(int(size) // len(line)):
                put(line)
        case ["complaints", size]:  # on standard error
            line = b"warning: " + b"w" * 990 + b"\n"
            for _ in range(int(size) // len(line)):
                os.write(2, line)
        case ["endless"]:
            while True:
                put(b"z" * 65536)
        case ["garbage"]:
            put(
                b'\x00\xff{]\n[1,2]\nnull\n"x"\n{"type":7}\n{"type":{}}\n\n'
                + b"[" * 5000
                + b"\n"
                + os.urandom(5000)
                + b"\n"
            )
        case ["deaf"]:
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            wire.text("deaf")
            while True:
                time.sleep(60)
        case ["blind"]:  # does not read its input any more, nor end
            wire.text("blind")
            time.sleep(3600)
        case ["children"]:
            subprocess.Popen(
                ["/bin/sh", "-c", "trap '' TERM; while :; do echo still here; sleep 0.01; done"], start_new_session=True
            )
            wire.over("done", "left")
            os._exit(0)
        case ["away"]:
            if os.fork():
                os._exit(0)
            os.setsid()
            while True:
                put(b'{"type":"noise"}\n')
        case ["closed"]:
            os.close(1)
            time.sleep(3600)
        case ["twice"]:
            wire.over("done", "once")
            wire.over("done", "twice")
            return False
        case ["mute"]:
            while True:
                time.sleep(60)
        case _:
            raise ValueError(how)
    return True
