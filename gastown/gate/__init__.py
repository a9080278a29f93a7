"""The gate: where hosts on other machines meet their town, and how one of them gets there.

`place.py` is its folder; the daemon keeps its server. `warden.py` is the town's side: it has the server obey what the
town decided about its hosts, and answers those who come; `hall.py` is what outer hosts may ask of a town, `routes.py`
the way from the town to them. `joining.py` is how a machine becomes a host.
"""
