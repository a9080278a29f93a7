"""The log and the way between processes: ports (`event_log.py`, `commands.py`), each on JetStream and in memory.

And what goes with every message: traces (`tracing.py`) and log lines (`logs.py`). Only this room knows NATS.
"""
