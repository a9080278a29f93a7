"""Are the views those that this program makes, of this town's log? They are a cache: a wrong one is made anew."""

import sqlite3
from contextlib import closing

import msgspec

from gastown.config import TownConfig
from gastown.doctor.finding import Finding
from gastown.projections.views import VIEWS


def views(town: TownConfig, *, up: bool) -> Finding:
    """up: the town runs, and has put them right when it began."""
    trouble = _trouble(town)
    if not trouble:
        return Finding(check="views", ok=True, detail="made by this version, of this log")
    if up:
        return Finding(check="views", ok=False, detail=trouble, mend="gt rebuild; if that is refused: gt down, gt up")
    return Finding(check="views", ok=True, detail=f"{trouble}; they are made anew at the next gt up")


def _trouble(town: TownConfig) -> str:
    if not town.views.exists():
        return "there are none yet"
    try:
        with closing(sqlite3.connect(f"{town.views.as_uri()}?mode=ro", uri=True, timeout=5.0)) as file:
            incarnation, signatures = file.execute("SELECT incarnation, views FROM meta").fetchone()
            (sound,) = file.execute("PRAGMA quick_check(1)").fetchone()
    except (sqlite3.Error, TypeError) as error:
        return f"{town.views} cannot be read: {error}"
    if incarnation != town.incarnation:
        return "they are another town's"
    if sound != "ok":
        return f"{town.views} is damaged: {sound}"
    if msgspec.json.decode(signatures) != {view.name: view.signature for view in VIEWS}:
        return "they were made by another version"
    return ""
