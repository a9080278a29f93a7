"""backup, restore, fork, adopt."""

from __future__ import annotations

from gastown_cli.asking import Later
from gastown_cli.verbs import AT, Flag, Verb, Word

_NAME = Flag("--name", "what it is called", meta="NAME")

VERBS = (
    Verb(
        "backup",
        "Keep the whole town in one file, while it works or is down; no secrets but those in its log",
        Later("moved:back_up"),
        Word("file", "the file to write, in place of one that is there"),
    ),
    Verb(
        "restore",
        "Make a town of a backup, to go on in place of the lost one; gt up then starts it",
        Later("moved:restore"),
        Word("file", "a backup"),
        Word("folder", "its folder, new or empty", meta="DIR"),
        _NAME,
    ),
    Verb(
        "fork",
        "Make a second, separate town of this one as it is, or was; its rigs have no origin until they are given one",
        Later("moved:fork"),
        Word("folder", "its folder, new or empty", meta="DIR"),
        AT,
        _NAME,
    ),
    Verb(
        "adopt",
        "Go on here with a town that was lost for good, from the hub's copy of its log; the lost one is fenced",
        Later("moved:adopt"),
        Word("member", "the name of the lost town", meta="TOWN"),
        Word(
            "folder",
            "its new folder, new or empty; beside this town's, under its name, where none is named",
            needed=False,
            meta="DIR",
        ),
        Flag("--force", "although the hub saw it within the last minute", kind=None),
    ),
)
