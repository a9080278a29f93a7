"""How a thing of one town is written in another: TOWN/ID."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, cast

    Row = dict[str, Any]
else:

    def cast(_: object, value: object) -> object:
        return value


_NAMES = ("bead", "convoy", "session", "submission", "address", "about", "depends_on_id", "issue_id")
"""Fields that hold the id of a thing."""
_BEADS = ("bead", "depends_on_id", "issue_id")
_BORN = ("issue_type", "landed_commit", "subject")
"""A row that has one of these is a bead's or a mail's, which keeps the name of the town that it was born in."""
_EVENT_ID = 26  # characters; no event is asked for by its id


def named(town: str, data: Any) -> Any:
    """With every id as it is written elsewhere: TOWN/ID, a bead's or a mail's with the town that it was born in.

    town "": as it is written in its own town, where only what was born elsewhere bears a town's name.
    """
    if isinstance(data, list):
        return [named(town, one) for one in cast("list[Any]", data)]
    if not isinstance(data, dict):
        return data
    row = cast("Row", data)
    is_born = any(name in row for name in _BORN)
    return {name: _named(town, name, value, is_born) for name, value in row.items()}


def _named(town: str, name: str, value: Any, is_born: bool) -> Any:
    if not isinstance(value, str):
        return named(town, value)
    if not value or (name not in _NAMES and name != "id") or len(value) == _EVENT_ID:
        return value
    if (name in _BEADS or (name == "id" and is_born)) and "." in value:
        return value.replace(".", "/", 1)
    return f"{town}/{value}" if town else value
