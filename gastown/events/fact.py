"""What every event class inherits: frozen, keyword-only, compact on the wire."""

import msgspec


class Fact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A thing that has happened. Subclasses set `tag` to the string that names them in the log for ever.

    gc off, here and in the envelope: facts hold no cycles, and collecting among them doubles the cost of a replay.
    """
