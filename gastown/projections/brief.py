"""What a worker is told: the prompt of its session, and what `gt prime` prints. One pure function."""

from collections.abc import Iterable

from gastown.projections.kernel.store import Record

LIMIT = 64_000
"""Characters of a brief. What the person wrote about the bead is never cut, however long; the rest then gets REST."""
REST = 16_000
TAIL = 6_000
"""Characters of the end of one attempt's output."""


def render_brief(bead: Record, needs: list[Record], attempts: list[Record], rig: Record, session: Record) -> str:
    """All the worker must know, most important first; title and description unaltered.

    bead, needs, attempts, rig: as the views show them (`beads.show`, `beads.needs_of`, `attempts.of_bead`,
    `rigs.show`). session: {id, polecat}, and once its sandbox stands branch, reapplied and left (`sessions.show`).
    The oldest attempts are left out where they would make it too long.
    """
    fixed = [_role(rig, session), _task(bead), _finish(bead, rig, session), _needs(needs)]
    text = "\n\n".join(part for part in fixed if part)
    earlier = _attempts(attempts, session, max(LIMIT - len(text), REST))
    return f"{text}\n\n{earlier}\n" if earlier else f"{text}\n"


def _role(rig: Record, session: Record) -> str:
    return (
        f"You are {session['polecat']}, a polecat of rig {rig['name']}: a worker with one bead of work, alone in a\n"
        f"git worktree of your own{_on_branch(session)}. This is session {session['id']}. Nobody answers questions\n"
        "while you work: do what the bead asks, commit it, end."
    )


def _on_branch(session: Record) -> str:
    return f", on branch {session['branch']}" if session.get("branch") else ""


def _task(bead: Record) -> str:
    parts = [f"# Bead {bead['id']}: {bead['title']}", bead.get("description", "")]
    for name, words in (("acceptance_criteria", "## It is done when"), ("notes", "## Notes")):
        if bead.get(name):
            parts.append(f"{words}\n\n{bead[name]}")
    return "\n\n".join(part for part in parts if part)


def _finish(bead: Record, rig: Record, session: Record) -> str:
    gates = ", ".join(f"{gate['name']} (`{gate['command']}`)" for gate in rig.get("gates", ()))
    proof = f"These gates must pass on the merged result: {gates}." if gates else "This rig has no gates."
    return (
        "## How to finish\n\n"
        f"- Commit your work here, on this branch. Never push, and never touch {rig['landing']}: the Refinery merges\n"
        f"  what you commit onto {rig['target']} as it then is. {proof}\n"
        "- Then end normally, or run `gt done`. Changes in tracked files that are not committed are refused.\n"
        "- Cannot be done now: `gt done --status deferred --reason TEXT`. Only a person can decide:\n"
        "  `gt done --status escalated --reason TEXT`. Nothing to change:\n"
        f"  `gt bead close {bead['id']} --reason TEXT`. Lost the thread: `gt prime` prints this again."
    )


def _needs(needs: Iterable[Record]) -> str:
    lines = [f"- {need['id']} ({need['state']}): {need['title']}" for need in needs]
    return "\n".join(("## What this builds on", "", *lines)) if lines else ""


def _attempts(attempts: list[Record], session: Record, room: int) -> str:
    """The newest first, as many as there is room for; how many are left out is said."""
    if not attempts:
        return ""
    shown: list[str] = []
    head = f"## Earlier attempts ({len(attempts)})\n\n{_taken_over(attempts, session)}"
    room -= len(head) + 100
    for number, attempt in reversed(list(enumerate(attempts, start=1))):
        text = _attempt(number, attempt)
        if len(text) > room and shown:
            break
        shown.append(text)
        room -= len(text)
    left_out = len(attempts) - len(shown)
    more = [f"({left_out} older left out)"] if left_out else []
    return "\n\n".join((head, *shown, *more))


def _taken_over(attempts: list[Record], session: Record) -> str:
    if not any(attempt["commit"] for attempt in attempts):
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
