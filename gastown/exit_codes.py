"""How `gt` ends, by what happened. Imports nothing: every call of `gt` pays for it."""

EXIT_CODES: dict[str, int] = {
    "bug": 1,
    "usage": 2,
    "refused": 3,
    "unknown": 4,
    "taken": 5,
    "unreachable": 6,
    "unsuccessful": 7,
}
