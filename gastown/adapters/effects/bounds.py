"""How much of what git lists is worth telling: a report is one message, a worker may leave a million files. Pure."""

MOST_NAMES = 500


def some(names: tuple[str, ...]) -> tuple[str, ...]:
    """The first names; the last one then says how many more there are."""
    if len(names) <= MOST_NAMES:
        return names
    return (*names[:MOST_NAMES], f"(and {len(names) - MOST_NAMES} more)")
