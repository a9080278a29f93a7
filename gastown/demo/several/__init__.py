"""`gt demo --towns 3`: a hub and three towns, each in a folder of its own, with one convoy spread over them.

`story.py` says what is to happen, `worker.py` is the agent, `machines.py` are the towns, `stage.py` plays the story
through `gt`, `facts.py` asks what did happen, and `judging.py` holds that against the story.
"""
