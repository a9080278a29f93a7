"""What a worker is told that holds as long as its session lasts: who it is, how to finish, directives. Pure."""

from collections.abc import Sequence

from gastown.directives import MOST as READ
from gastown.directives import Directive
from gastown.projections.kernel.store import Record

MOST = 24_000
"""Characters. They may be one argument of a program: 128 KiB on Linux, four bytes a character at worst."""
_COMMAND, _GATES = 300, 20
"""Characters of a gate's command, and gates, that are named."""


def instructions(bead: Record, rig: Record, session: Record, directives: Sequence[Directive]) -> str:
    """Most important first. What directives say beyond MOST is left out, and that is said."""
    fixed = [_role(rig, session), _finish(bead, rig)]
    room = MOST - sum(len(part) + 2 for part in fixed)
    return "\n\n".join((*fixed, *_directives(directives, room)))


def _role(rig: Record, session: Record) -> str:
    return (
        f"You are {session['polecat']}, a polecat of rig {rig['name']}: a worker with one bead of work, alone in a\n"
        f"git worktree of your own{_on_branch(session)}. This is session {session['id']}. Nobody answers questions\n"
        "while you work: do what the bead asks, commit it, end."
    )


def _on_branch(session: Record) -> str:
    return f", on branch {session['branch']}" if session.get("branch") else ""


def _finish(bead: Record, rig: Record) -> str:
    return (
        "## How to finish\n\n"
        f"- Commit your work here, on this branch. Never push, and never touch {rig['landing']}: the Refinery merges\n"
        f"  what you commit onto {rig['target']} as it then is. {_proof(rig)}\n"
        "- Then end normally, or run `gt done`. Changes in tracked files that are not committed are refused.\n"
        "- Cannot be done now: `gt done --status deferred --reason TEXT`. Only a person can decide:\n"
        "  `gt done --status escalated --reason TEXT`. Nothing to change:\n"
        f"  `gt bead close {bead['id']} --reason TEXT`. Lost the thread: `gt prime` prints this again.\n"
        "- What a person is to decide while you go on: `gt escalate TEXT`. A word to whoever works on something else:\n"
        "  `gt mail send BEAD -s SUBJECT -m TEXT`. Found work that is not yours: `gt bead create TITLE`."
    )


def _proof(rig: Record) -> str:
    gates = rig.get("gates", ())
    if not gates:
        return "This rig has no gates."
    shown = [f"{gate['name']} (`{_cut(gate['command'])}`)" for gate in gates[:_GATES]]
    more = [f"{len(gates) - _GATES} more: gt rig show {rig['name']}"] if len(gates) > _GATES else []
    return f"These gates must pass on the merged result: {', '.join((*shown, *more))}."


def _cut(command: str) -> str:
    return command if len(command) <= _COMMAND else f"{command[:_COMMAND]}…"


def _directives(directives: Sequence[Directive], room: int) -> list[str]:
    """The town's first. Each gets what it needs; where that is more than there is room for, they share."""
    shown: list[str] = []
    for number, one in enumerate(directives):
        after = sum(len(_whole(other)) + 2 for other in directives[number + 1 :])
        text = _fitting(one, max(room // (len(directives) - number), room - after) - 2)
        shown.append(text)
        room -= len(text) + 2
    return shown


def _whole(one: Directive) -> str:
    head = f"## Directives of rig {one.rig}" if one.rig else "## Directives of this town"
    if one.trouble:
        return f"{head}\n\n({one.path} cannot be read: {one.trouble}. A person has to mend that; go on without it.)"
    return f"{head}\n\n{one.text}"


def _fitting(one: Directive, room: int) -> str:
    text = _whole(one)
    if len(text) <= room and one.size <= READ:
        return text
    rig = f" --rig {one.rig}" if one.rig else ""
    said = f"\n\n(Cut short: {one.path} has {one.size} bytes. The rest: `gt directive show {one.role}{rig}`.)"
    return f"{text[: room - len(said)]}{said}"
