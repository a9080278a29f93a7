"""An agent that never stops talking, over the Agent Client Protocol: `python chatty.py SECONDS`, between two lines.

Each line holds the moment it was said, by a clock that all processes of the machine share.
"""

import json
import sys
import threading
import time
from typing import Any


def say(**message: Any) -> None:
    sys.stdout.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
    sys.stdout.flush()


def chat(pause: float) -> None:
    while True:
        content = {"type": "text", "text": f"said at {time.monotonic_ns()} "}
        update = {"sessionUpdate": "agent_message_chunk", "content": content}
        try:
            say(method="session/update", params={"sessionId": "chat", "update": update})
        except OSError:  # nobody listens any more
            return
        time.sleep(pause)


def main() -> None:
    for line in sys.stdin:
        asked = json.loads(line)
        method, number = asked.get("method"), asked.get("id")
        if method == "initialize":
            say(id=number, result={"protocolVersion": 1, "agentCapabilities": {}})
        elif method == "session/new":
            say(id=number, result={"sessionId": "chat"})
        elif method == "session/prompt":
            threading.Thread(target=chat, args=(float(sys.argv[1]),), daemon=True).start()


if __name__ == "__main__":
    main()
