"""Is the town's folder private, and free of what an interrupted write left?"""

from pathlib import Path

from gastown.clock import now
from gastown.config import FOLDERS, TownConfig
from gastown.doctor.finding import FIX, Finding

_STALE = 60.0
"""Seconds after which a draft is not in the middle of being written."""
_DRAFTS = ("*.new", "run/*.new", "host/*.new", "host/outbox/*.new", "bin/*.new", "sessions/*/*.new")
"""Where the town's own programs write drafts. Nothing below `rigs`: that is workers' ground."""


def too_open(town: TownConfig) -> list[Path]:
    """What others than the owner may read or write, and must not."""
    secrets = town.path / "secrets"
    folders = (town.path / name for name in FOLDERS)
    places = [town.path, *folders, *(secrets.iterdir() if secrets.is_dir() else ()), town.socket_path()]
    return [place for place in places if _is_open(place)]


def permissions(town: TownConfig, found: list[Path]) -> Finding:
    if not found:
        return Finding(check="permissions", ok=True, detail=f"{town.path} is private")
    detail = f"others may get at {', '.join(map(str, found))}"
    return Finding(check="permissions", ok=False, detail=detail, mend=FIX)


def close_up(found: list[Path]) -> str:
    """Private from now on: 0700 and 0600."""
    for place in found:
        place.chmod(0o700 if place.is_dir() else 0o600)
    return "private now"


def stale_drafts(town: TownConfig) -> list[Path]:
    found = [place for pattern in _DRAFTS for place in town.path.glob(pattern)]
    return [place for place in found if not place.is_symlink() and place.is_file() and _is_stale(place)]


def drafts(found: list[Path]) -> Finding:
    detail = ", ".join(map(str, found[:5])) + (f" and {len(found) - 5} more" if len(found) > 5 else "")
    return Finding(check="drafts", ok=not found, detail=detail or "none left behind", mend=FIX if found else "")


def remove(found: list[Path]) -> str:
    for place in found:
        place.unlink(missing_ok=True)
    return "removed"


def _is_open(place: Path) -> bool:
    try:
        return bool(place.lstat().st_mode & 0o077)
    except FileNotFoundError:
        return False


def _is_stale(place: Path) -> bool:
    try:
        return now() - place.stat().st_mtime > _STALE
    except FileNotFoundError:
        return False
