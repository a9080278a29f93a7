"""What was said in a session so far, by its agent and to it: for the one that takes over without its conversation."""

from gastown.projections import messages, turns
from gastown.projections.kernel.store import Record, Store

LIMIT = 12_000
"""Characters. The oldest goes first where there was more."""


def for_session(store: Store, session: str) -> str:
    """What is known of it by now."""
    told = [one for one in messages.of_session(store, session) if one["taken_at"]]
    return render_so_far(turns.of_session(store, session), told)


def render_so_far(said: list[Record], told: list[Record]) -> str:
    """said: turns, as `turns.of_session` has them. told: messages that were taken, as `messages.of_session`."""
    turns_of_it = [f"In turn {one['number']} it said:\n\n{one['text']}" for one in said if one["text"].strip()]
    asked = [f"It was told, by {one['sender'] or 'the town'} ({one['id']}):\n\n{one['text']}" for one in told]
    parts, room = list[str](), LIMIT
    for part in reversed([*asked, *turns_of_it]):
        if len(part) > room and parts:
            parts.append("(what came before is left out)")
            break
        parts.append(part[-LIMIT:])
        room -= len(part)
    return "\n\n".join(reversed(parts)) or "It had said nothing yet that is known."
