"""The daemon, a program of its own: `__main__.py` runs, `children.py` are what it keeps alive, `service.py` starts and
stops it from outside."""
