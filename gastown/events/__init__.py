"""What has happened: one file per subject, and the envelope that carries events. Pure: no clock, no I/O.

Each subject file holds the facts of one kind of entity and ends in their union. `codec.py` joins the unions.
A tag (`"bead.created"`) is written in the log for ever; the class behind it may be renamed or moved.
"""
