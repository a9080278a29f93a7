"""What this machine can do: one file a figure, each figure beside its floor, measured in the same run.

A floor is what the same thing costs without Gas Town: a bare client, an empty program, a plain shell script. Both are
measured turn by turn, so that what else happens on the machine hits both alike. Towns made here are thrown away.
"""
