"""What a worker is told of its task: the bead, what was handed on, mail, what it builds on, earlier attempts. Pure."""

from collections.abc import Callable, Iterable, Sequence
from itertools import accumulate

from gastown.projections.kernel.store import Record

REST = 16_000
"""Characters that attempts may take up, whatever else is told."""
TAIL = 6_000
"""Characters of the end of one attempt's output."""
NOTES, MAIL, NEEDS = 12_000, 6_000, 4_000
"""Characters of what was handed on, of unread mail, of what it builds on."""
AGAIN = 10_000
"""Characters of what the person wrote, where it is told again."""


def task(bead: Record, *, again: bool) -> str:
    """Title and description as the person wrote them, however long. again: told before, the beginning will do."""
    parts = [f"# Bead {bead['id']}: {bead['title']}", bead.get("description", "")]
    for name, words in (("acceptance_criteria", "## It is done when"), ("notes", "## Notes")):
        if bead.get(name):
            parts.append(f"{words}\n\n{bead[name]}")
    text = "\n\n".join(part for part in parts if part)
    if not again or len(text) <= AGAIN:
        return text
    return f"{text[:AGAIN]}\n\n({len(text) - AGAIN} characters left out: `gt bead show {bead['id']}` has them)"


def handed_on(notes: Sequence[Record]) -> str:
    """What earlier sessions wrote down for whoever goes on, the last one first. notes: oldest first."""
    head = "## Handed on to you\n\nWhoever worked on this bead before you wrote this down. Go on from there."
    shown = [_note(one) for one in reversed(notes)]
    return _section(head, shown, NOTES, "older left out") if notes else ""


def _note(one: Record) -> str:
    by = f", by {one['sender']}" if one["sender"] else ""
    return f"### From session {one['session']}{by}\n\n{_cut(one['text'].strip(), NOTES)}"


def _cut(text: str, most: int) -> str:
    return f"{text[:most]}\n({len(text) - most} characters left out)" if len(text) > most else text


def mail(letters: Sequence[Record]) -> tuple[str, tuple[str, ...]]:
    """What is unread, the oldest first: the text, and the ids of those that are in it, each as it was written.

    What there is no room for is left out: it is told later, between two turns.
    """
    if not letters:
        return "", ()
    texts = [f"### {one['id']} from {one['sender']}: {one['subject']}\n\n{one['text']}" for one in letters]
    sizes = accumulate(len(text) for text in texts)
    many = sum(1 for size in sizes if size <= MAIL)
    more = [f"({len(texts) - many} more: `gt mail inbox`)"] if many < len(texts) else []
    head = "## Mail for you\n\nTo answer: `gt mail reply ID -m TEXT`."
    return "\n\n".join((head, *texts[:many], *more)), tuple(one["id"] for one in letters[:many])


def needs(beads: Sequence[Record]) -> str:
    lines = [f"- {need['id']} ({need['state']}): {need['title']}" for need in beads]
    return _section("## What this builds on\n", lines, NEEDS, "more left out", between="\n") if lines else ""


def attempts(tried: Sequence[Record], session: Record, room: int) -> str:
    """The newest first, as many as there is room for; the last one always. tried: oldest first."""
    if not tried:
        return ""
    head = f"## Earlier attempts ({len(tried)})\n\n{_taken_over(tried, session)}"
    shown = [_attempt(number, attempt) for number, attempt in reversed(list(enumerate(tried, start=1)))]
    return _section(head, shown, room, "older left out")


def _section(head: str, parts: Iterable[str], room: int, words: str, *, between: str = "\n\n") -> str:
    """As many parts as there is room for, at least one, and how many are left out."""
    shown, left_out = _fitting(list(parts), room - len(head) - 100, lambda text: len(text) + len(between))
    more = [f"({left_out} {words})"] if left_out else []
    return between.join((head, *shown, *more))


def _fitting(parts: list[str], room: int, size: Callable[[str], int]) -> tuple[list[str], int]:
    shown = list[str]()
    for part in parts:
        if size(part) > room and shown:
            break
        shown.append(part)
        room -= size(part)
    return shown, len(parts) - len(shown)


def _taken_over(tried: Sequence[Record], session: Record) -> str:
    if not any(attempt["commit"] for attempt in tried):
        return "None of them left a commit: you begin anew."
    if not session.get("branch"):
        return "What the last of them committed is re-applied on this branch, as far as it applies: see `git log`."
    left = f"; {session['left']} did not apply and are on its kept branch only" if session["left"] else ""
    return f"{session['reapplied']} commits of the last of them are re-applied on this branch{left}."


def _attempt(number: int, attempt: Record) -> str:
    parts = [f"### Attempt {number}, {attempt['session']}: {attempt['outcome']}\n\n{attempt['reason'][:TAIL]}"]
    if attempt["commit"]:
        parts.append(f"It had committed {attempt['base'][:12]}..{attempt['commit'][:12]}.")
    if attempt["kept"]:
        parts.append(f"What it left is kept on branch {attempt['kept']}.")
    if attempt["tail"]:
        parts.append(f"The end of the output:\n\n```\n{attempt['tail'][-TAIL:].rstrip()}\n```")
    return "\n\n".join(parts)
