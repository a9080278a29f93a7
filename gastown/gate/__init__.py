"""The gate: where hosts on other machines meet their town, and how one of them works.

`place.py` is its folder; the daemon keeps its server. The town's side: `warden.py` has the server obey what the town
decided about its hosts, and answers those who come; `hall.py` is the way between the town and its hosts;
`luggage_room.py`, in the home's host, gives and takes bundles. The other machine's: `joining.py` makes it a host,
`approach.py` is how it gets here, `carrier.py` fetches and brings bundles, `gate_texts.py` long texts, `doorstep.py`
passes on what its agents call.
"""
