"""Rules about settings."""

from gastown.actors.commands.mayor import ChangeSetting, ChangeTextSetting
from gastown.actors.kernel.role import Change, Decision, Rejected
from gastown.actors.mayor.state import Mayor
from gastown.actors.reports import LEASE
from gastown.bus.hub_protocol import AWAY
from gastown.bus.reserving_event_log import RESERVE
from gastown.events import settings
from gastown.events.ids import NAME, Entity

ZERO_IS_MEANT = ("max_polecats", "throttle.wait", "disk.min_free", "output.max", "handoff.fill", "adopt.after")
LEAST_LOST_AFTER = int(LEASE)
LEAST_ADOPT_AFTER = int(AWAY)
LEAST_MIN_FREE = 2 * RESERVE
LEAST_OUTPUT = 1024**2
"""Bytes. Below its reserve the log takes nothing any more, also not that the disk is nearly full."""


def change_setting(state: Mayor, command: ChangeSetting) -> Decision:
    if command.name not in settings.DEFAULTS:
        known = ", ".join(sorted({**settings.DEFAULTS, **settings.TEXTS}))
        hint = f"there are: {known}, agent.polecat, nats.url"
        return Rejected(f"there is no setting {command.name}", hint, "unknown")
    if command.value < (0 if command.name in ZERO_IS_MEANT else 1):
        return Rejected(f"{command.name} cannot be {command.value}", "a whole number above it", "usage")
    if command.name == "disk.min_free" and 0 < command.value < LEAST_MIN_FREE:
        reason = f"disk.min_free cannot be {command.value}: the log itself keeps {RESERVE // 1024**2} MB free"
        return Rejected(reason, f"{LEAST_MIN_FREE // 1024**2}M or more, or 0 for no guard", "usage")
    if command.name == "handoff.fill" and command.value > 100:
        return Rejected(
            f"handoff.fill cannot be {command.value}", "a percentage of the context, or 0 for never", "usage"
        )
    if command.name == "host.lost_after" and command.value < LEAST_LOST_AFTER:
        return Rejected(f"host.lost_after cannot be {command.value}", f"{LEAST_LOST_AFTER} s or more", "usage")
    if command.name == "adopt.after" and 0 < command.value < LEAST_ADOPT_AFTER:
        reason = f"adopt.after cannot be {command.value}: before, a hub takes no town for lost"
        return Rejected(reason, f"{LEAST_ADOPT_AFTER} s or more, or 0 for never by itself", "usage")
    if command.name == "output.max" and 0 < command.value < LEAST_OUTPUT:
        return Rejected(f"output.max cannot be {command.value}", f"{LEAST_OUTPUT // 1024**2}M or more, or 0", "usage")
    if state.setting(command.name) == command.value:
        return ()
    changed = settings.SettingChanged(name=command.name, value=command.value)
    return (Change(Entity(settings.KIND, settings.ID), changed),)


def change_text_setting(state: Mayor, command: ChangeTextSetting) -> Decision:
    """towns.accept: the names of towns are put in order, each once."""
    names = sorted({name for name in command.text.replace(" ", ",").split(",") if name})
    text = ",".join(names)
    if command.name not in settings.TEXTS:
        return Rejected(f"there is no setting {command.name}", "see them: gt config get", "unknown")
    if not names or not all(NAME.fullmatch(name) for name in names) or (len(names) > 1 and {"all", "none"} & {*names}):
        return Rejected(f"{command.name} cannot be {command.text!r}", "all, none, or names of towns: a,b", "usage")
    if state.text(command.name) == text:
        return ()
    changed = settings.TextSettingChanged(name=command.name, text=text)
    return (Change(Entity(settings.KIND, settings.ID), changed),)
