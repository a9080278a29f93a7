"""hub: the place where several towns meet, a service of its own on any machine."""

from __future__ import annotations

from gastown_cli.asking import Later
from gastown_cli.verbs import Flag, Verb, Word, number, seconds, size

_HUB = Flag("--hub", "the hub's folder, if not the working directory's, $GT_HUB or ~/gt-hub", meta="DIR")
_TOWN = Word("member", "the name of a town", meta="TOWN")

VERBS = (
    Verb(
        "hub init",
        "Make a hub: a folder with its keys and certificates",
        Later("hub_acts:init"),
        Word("path", "its folder, new or empty; ~/gt-hub where none is named", needed=False, meta="DIR"),
        Flag("--name", "what it is called, if not as its folder", meta="NAME"),
        Flag("--host", "a name or address at which towns reach it; may be repeated", many=True, meta="HOST"),
        Flag("--cluster", "a hub on 3 or 5 machines, which outlives one: a folder for each", meta="HOST,..."),
        Flag("--cluster-port", "between those; 7424 where that is free", kind=number, meta="PORT"),
        Flag("--port", "for towns; 7422 where that is free", kind=number, meta="PORT"),
        Flag("--quota", "bytes that the copies of one town may take, each: 20G", kind=size, meta="SIZE"),
        Flag("--join-port", "for joining; 7423 where that is free", kind=number, meta="PORT"),
    ),
    Verb(
        "hub up",
        "Start the hub; returns when it answers",
        Later("hub_acts:up"),
        Flag("--foreground", "stay, and be the hub", kind=None),
        Flag("--if-wanted", "for units: be the hub if it is wanted up; after gt hub down, do nothing", kind=None),
        _HUB,
    ),
    Verb("hub down", "Stop the hub; its towns work on, each by itself", Later("hub_acts:down"), _HUB),
    Verb("hub status", "Whether it is up, its addresses, certificates and towns", Later("hub_acts:status"), _HUB),
    Verb("hub towns", "Its towns, and how far its copies of their logs are", Later("hub_acts:towns"), _HUB),
    Verb(
        "hub invite",
        "Print an invitation: with it a town of that name may join, once; a newer one withdraws it",
        Later("hub_acts:invite"),
        _TOWN,
        Flag("--for", "how long it holds: 24h", kind=seconds, meta="TIME", name="seconds"),
        Flag("--again", "for the member of that name, which does not find the hub any more", kind=None),
        _HUB,
    ),
    Verb(
        "hub quota",
        "Let the copies of one town take more of the hub's disk than those of others, or less",
        Later("hub_acts:quota"),
        _TOWN,
        Word("quota", "bytes that the copy of its log may take, and that of its long texts: 50G", meta="SIZE"),
        _HUB,
    ),
    Verb(
        "hub revoke",
        "Cut a town off at once, and withdraw its invitations; the copy of its log stays",
        Later("hub_acts:revoke"),
        _TOWN,
        _HUB,
    ),
)
