"""A whole town in one thread: the real roles, kernel, views and host executors, on fakes of everything else.

One seed decides all: how long each crossing of a process's border takes (and so every interleaving), what workers and
people do, and what breaks. `world.py` holds it together; `process.py` is what can be killed and frozen; `wire.py`,
`records.py` and `disk.py` are what processes reach the world through, `outside.py` how they reach other towns;
`plan.py` is drawn from the seed, and in it `turns.py` what agents that take turns do in theirs (`talkers.py`: behind
the real drivers) and `apis.py` what they are given under which account; the `*laws.py` are what must hold afterwards,
and `bugs.py` what the town must never have to log; `run.py` runs one plan, `shrink.py` finds the smallest that still
fails. `several/` has more than one town, and a hub.
"""
