"""Towns that go on elsewhere, driven from outside: backup, restore, fork, adoption.

`log_of_town.py` reads a town's log whether it runs or not, `parts.py` gathers what a town consists of, `archive.py` is
the one file it is kept in, `making.py` makes a town of the parts, `settling.py` brings to an end what was under way.
"""
