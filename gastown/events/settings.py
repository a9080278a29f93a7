"""Settings that decisions depend on (max_polecats, limits): facts, so that the log explains them. Owner: the Mayor.

disk.min_free: bytes; 0: however full the disk is, new work is taken.
throttle.wait: seconds that a session waits for its account; longer, and it ends.
handoff.fill: percent of its context at which a session is handed on to a fresh one; 0: never.
limit.handoffs: sessions in a row that may be handed on so with nothing newly committed.
output.max: bytes of one session's output that are kept at a time, the newest and the first; 0: all.
host.lost_after: seconds after which a host on another machine that is not heard is given up, and its sessions with it.
adopt.after: seconds after which a town of the same hub that nobody saw goes on here; 0: never by itself.
towns.patience: seconds that another town has to answer when a bead is offered to it.
"""

from typing import TypeAlias

from gastown.events.fact import Fact

KIND = "settings"
ID = "town"

DEFAULTS: dict[str, int] = {
    "max_polecats": 8,
    "limit.failed_runs": 3,
    "limit.red_gates": 3,
    "limit.conflicts": 10,
    "throttle.wait": 900,
    "limit.handoffs": 3,
    "handoff.fill": 80,
    "disk.min_free": 512 * 1024 * 1024,
    "output.keep_days": 14,
    "output.max": 64 * 1024 * 1024,
    "towns.patience": 600,
    "host.lost_after": 120,
    "adopt.after": 0,
}


TEXTS: dict[str, str] = {"towns.accept": "all"}
"""towns.accept: from which towns beads are taken: all, none, or their names with commas between them."""


class SettingChanged(Fact, tag="settings.changed", frozen=True, kw_only=True):
    name: str
    value: int


class TextSettingChanged(Fact, tag="settings.text_changed", frozen=True, kw_only=True):
    """One of TEXTS."""

    name: str
    text: str


SettingsEvent: TypeAlias = SettingChanged | TextSettingChanged
