"""The hub, a service of its own: where several towns' logs are copied, and what they say to each other is passed on.

`__main__.py` runs it; `hub_process.py` wires it; `place.py` is its folder, `server_child.py` its NATS server,
`sights.py` what it sees of its towns, `questions.py` what it answers to them, `keeping.py` what it answers to whoever
keeps it; `service.py` starts and stops it from outside.
"""
