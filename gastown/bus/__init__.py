"""The log and the way between processes: ports (`event_log.py`, `commands.py`), each on JetStream and in memory.

Only this room knows NATS.
"""
