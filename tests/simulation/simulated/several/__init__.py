"""Several whole towns and their hub in one thread, each on a machine of its own, over one origin of the rig.

A town is what `simulated` has; here is what lies between towns. `hub_machine.py` is the hub, with its real registrar;
`line.py` is the way between a machine and the hub: late, cut, or cut in one direction; `station.py` is one machine with
its town, and `towns.py` holds all of them; `plan.py` is drawn from the seed; `story.py` has what people do with it,
`outages.py` what befalls lines, hub and whole machines, `adoption.py` how a lost town goes on elsewhere; `laws.py` and
`heard_laws.py` are what must hold between towns afterwards; `run.py` runs one plan.
"""
