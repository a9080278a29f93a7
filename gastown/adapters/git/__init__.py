"""Everything about git, and the only place that starts it.

`port.py` is what the host sees; `git_rig.py` fulfils it. `program.py` alone starts the program, in an environment that
`environment.py` composes. What a rig is made of lies in `repositories.py`; the other files do one thing each to it.
"""
