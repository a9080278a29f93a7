"""`gt demo`: a whole town at work on a small project, driven from outside through `gt` alone, as a person would.

`story.py` and `texts/` say what is to happen; `worker.py` is the agent; `play.py` runs it. `facts.py` asks the log and
git what did happen, and `expectations.py` holds that against the story.
"""
